import { goString } from '../snapshot/go-text.ts';
import { JsonFields, type JsonSubject } from '../snapshot/json-fields.ts';
import { encodeUnknownFields, type UnknownFields, unknownFields } from '../snapshot/unknown-fields.ts';
import type { ActionCommand, Policy, TimeOfDay } from './policy.ts';
import {
  type FieldKind,
  isField,
  joinPath,
  kindOf,
  OWN_SECTION,
  POLICY_SCHEMA,
  type PolicySection,
} from './schema.ts';

const SUBJECT: JsonSubject = { what: 'policy', code: 'POLICY_CORRUPT' };
const ACTION_SCHEMA: PolicySection = {
  path: 'text',
  args: 'texts',
  script: 'text',
  timeout: 'integer',
  mode: 'text',
};

/** Unknown fields by the path of their section, collected while decoding. */
type UnknownBySection = Record<string, UnknownFields>;

/** The manifest payload kopia writes for a policy, as text. Key order: `POLICY_SCHEMA`, then fields that we don't know. */
export function encodePolicy(policy: Policy): string {
  const json = encodeSection(POLICY_SCHEMA, policy, '', policy.unknown ?? {});
  return Buffer.from(json, 'latin1').toString('utf8');
}

/** Inverse of `encodePolicy` on parsed JSON; throws POLICY_CORRUPT. */
export function decodePolicy(payload: unknown): Policy {
  const unknown: UnknownBySection = {};
  const policy = decodeSection(POLICY_SCHEMA, new JsonFields(payload ?? {}, SUBJECT), '', unknown);
  // The schema has exactly the keys and types of Policy; its own type checks that.
  return { ...policy, ...(Object.keys(unknown).length > 0 && { unknown }) } as unknown as Policy;
}

function encodeSection(
  section: PolicySection,
  value: object,
  path: string,
  unknown: UnknownBySection,
): string {
  const values = new Map<string, unknown>(Object.entries(value));
  const fields = Object.entries(section).flatMap(([key, node]) => {
    const item = values.get(key);
    const at = joinPath(path, key);
    if (isField(node)) return isSet(kindOf(node), item) ? [`"${key}":${encodeField(item, at, unknown)}`] : [];
    const json = encodeSection(node, Object(item), at, unknown);
    return at === OWN_SECTION && json === '{}' ? [] : [`"${key}":${json}`];
  });
  return `{${[...fields, ...encodeUnknownFields(unknown[path])].join(',')}}`;
}

function encodeField(value: unknown, path: string, unknown: UnknownBySection): string {
  if (typeof value === 'string') return goString(value);
  if (Array.isArray(value)) return `[${value.map(encodeItem).join(',')}]`;
  if (typeof value === 'object' && value !== null) return encodeSection(ACTION_SCHEMA, value, path, unknown);
  return String(value);
}

function encodeItem(item: string | TimeOfDay): string {
  return typeof item === 'string' ? goString(item) : `{"hour":${item.hour},"min":${item.min}}`;
}

/** Whether a value of this kind says anything: optional ones when present, others unless they are their type's zero. */
export function isSet(kind: FieldKind, value: unknown): boolean {
  if (value === undefined) return false;
  switch (kind) {
    case 'optionalInteger':
    case 'optionalBoolean':
    case 'action':
      return true;
    case 'integer':
      return value !== 0;
    case 'flag':
      return value !== false;
    case 'text':
      return value !== '';
    case 'texts':
    case 'times':
      return Array.isArray(value) && value.length > 0;
  }
}

function decodeSection(
  section: PolicySection,
  fields: JsonFields,
  path: string,
  unknown: UnknownBySection,
): Record<string, unknown> {
  const rest = unknownFields(fields.entries(), new Set(Object.keys(section)));
  if (rest !== undefined) unknown[path] = rest;
  const values = Object.entries(section).flatMap(([key, node]): [string, unknown][] => {
    const at = joinPath(path, key);
    if (!isField(node)) {
      const nested = fields.object(key) ?? new JsonFields({}, fields.nested(key));
      return [[key, decodeSection(node, nested, at, unknown)]];
    }
    if (!fields.has(key)) return [];
    const value = decodeField(kindOf(node), fields, key, at, unknown);
    return isSet(kindOf(node), value) ? [[key, value]] : [];
  });
  return Object.fromEntries(values);
}

function decodeField(
  kind: FieldKind,
  fields: JsonFields,
  key: string,
  path: string,
  unknown: UnknownBySection,
): unknown {
  switch (kind) {
    case 'optionalInteger':
    case 'integer':
      return fields.integer(key, Number.MIN_SAFE_INTEGER);
    case 'optionalBoolean':
    case 'flag':
      return fields.boolean(key);
    case 'text':
      return fields.string(key);
    case 'texts':
      return fields.strings(key);
    case 'times':
      return fields.list(key).map((item) => decodeTime(item, fields.nested(key)));
    case 'action':
      return decodeAction(new JsonFields(fields.raw(key), fields.nested(key)), path, unknown);
  }
}

function decodeAction(fields: JsonFields, path: string, unknown: UnknownBySection): ActionCommand {
  return decodeSection(ACTION_SCHEMA, fields, path, unknown);
}

function decodeTime(value: unknown, subject: JsonSubject): TimeOfDay {
  const fields = new JsonFields(value, subject);
  return { hour: fields.integer('hour', 0, 23), min: fields.integer('min', 0, 59) };
}
