import { compareText } from './names.ts';
import { goString } from './go-text.ts';

/** Fields of a JSON object that this version doesn't know; written back as they were. */
export type UnknownFields = Readonly<Record<string, unknown>>;

/** The fields whose keys aren't in `known`; undefined when there are none. */
export function unknownFields(
  entries: readonly (readonly [string, unknown])[],
  known: ReadonlySet<string>,
): UnknownFields | undefined {
  const unknown = entries.filter(([key]) => !known.has(key));
  return unknown.length === 0 ? undefined : Object.fromEntries(unknown);
}

/** `"key":value` for each field, as byte strings. */
export function encodeUnknownFields(fields: UnknownFields = {}): readonly string[] {
  return Object.entries(fields).map(([key, value]) => `${goString(key)}:${encodeJson(value)}`);
}

/** Any parsed JSON value as Go writes it (map keys in byte order), as a byte string. */
export function encodeJson(value: unknown): string {
  if (typeof value === 'string') return goString(value);
  if (Array.isArray(value)) return `[${value.map(encodeJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => compareText(a, b));
    return `{${entries.map(([key, item]) => `${goString(key)}:${encodeJson(item)}`).join(',')}}`;
  }
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}
