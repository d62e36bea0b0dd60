import { goString, goStringMap } from './go-text.ts';
import { JsonFields, type JsonSubject } from './json-fields.ts';
import { type ByteName, byteNameFromLatin1, byteNameFromText, textOfByteName } from './names.ts';
import { utf8SequenceLength } from './utf8.ts';

/** The one JSON key of all our additions, on entries and beside a directory's `entries`; kopia ignores it. */
export const EXTRA_KEY = 'holdfast';

/** What kopia's entry cannot express; written only where a file has such a thing. */
export interface EntryExtra {
  /** The name on disk when that isn't UTF-8; the entry's own name is a readable stand-in then. */
  readonly rawName?: ByteName;
  /** Entries of one snapshot with the same group are names of one file. */
  readonly hardLink?: string;
  /** Extended attributes, among them POSIX ACLs and file capabilities; in byte order of their names. */
  readonly xattrs?: readonly ExtendedAttribute[];
  /** Ranges without blocks in a sparse file, ascending; empty when there were too many to list. */
  readonly holes?: readonly Hole[];
  /** On the root of a snapshot: what these fields don't say of a file in it, the file did not have. */
  readonly complete?: true;
}

export interface ExtendedAttribute {
  readonly name: ByteName;
  readonly value: Uint8Array;
}

export interface Hole {
  readonly start: number;
  readonly length: number;
}

/** The JSON of an entry's additions, as a byte string. */
export function encodeEntryExtra({ rawName, hardLink, xattrs, holes, complete }: EntryExtra): string {
  const fields: string[] = [];
  if (rawName !== undefined) fields.push(`"rawName":"${Buffer.from(rawName, 'latin1').toString('base64')}"`);
  if (hardLink !== undefined) fields.push(`"hardLink":${goString(hardLink)}`);
  if (xattrs !== undefined) fields.push(`"xattrs":${encodeXattrs(xattrs)}`);
  if (holes !== undefined) fields.push(`"holes":[${holes.map(encodeHole).join(',')}]`);
  if (complete === true) fields.push('"complete":true');
  return `{${fields.join(',')}}`;
}

/** Inverse of `encodeEntryExtra`; unknown fields are ignored. */
export function decodeEntryExtra(value: unknown, subject: JsonSubject): EntryExtra {
  const fields = new JsonFields(value, subject);
  return {
    ...(fields.has('rawName') && { rawName: decodeRawName(fields.string('rawName')) }),
    ...(fields.has('hardLink') && { hardLink: fields.string('hardLink') }),
    ...(fields.has('xattrs') && { xattrs: decodeXattrs(fields.stringMap('xattrs')) }),
    ...(fields.has('holes') && { holes: decodeHoles(fields) }),
    ...(fields.raw('complete') === true && { complete: true as const }),
  };
}

function decodeRawName(base64: string): ByteName {
  return byteNameFromLatin1(Buffer.from(base64, 'base64').toString('latin1'));
}

function encodeXattrs(xattrs: readonly ExtendedAttribute[]): string {
  return goStringMap(
    Object.fromEntries(
      xattrs.map(({ name, value }) => [escapeName(name), Buffer.from(value).toString('base64')]),
    ),
  );
}

function decodeXattrs(map: Readonly<Record<string, string>>): readonly ExtendedAttribute[] {
  return Object.entries(map)
    .map(([key, base64]) => ({
      name: unescapeName(key),
      value: new Uint8Array(Buffer.from(base64, 'base64')),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Attribute names are bytes, JSON keys are text: `%` and bytes that aren't UTF-8 become `%xx`. */
function escapeName(name: ByteName): string {
  let bytes = '';
  for (let at = 0; at < name.length;) {
    const length = name[at] === '%' ? 0 : utf8SequenceLength(name, at);
    bytes +=
      length === 0 ? `%${name.charCodeAt(at).toString(16).padStart(2, '0')}` : name.slice(at, at + length);
    at += Math.max(length, 1);
  }
  return textOfByteName(byteNameFromLatin1(bytes));
}

function unescapeName(key: string): ByteName {
  const bytes = byteNameFromText(key).replace(/%([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return byteNameFromLatin1(bytes);
}

function encodeHole({ start, length }: Hole): string {
  return `[${start},${length}]`;
}

function decodeHoles(fields: JsonFields): readonly Hole[] {
  return fields.list('holes').map((pair) => {
    const [start, length]: readonly unknown[] = Array.isArray(pair) ? pair : [];
    if (!isOffset(start) || !isOffset(length)) return fields.fail('holes', 'a list of [start, length]');
    return { start, length };
  });
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
