import {
  type Attributes,
  decodeAttributes,
  encodeAttributes,
  encodeStatAttributes,
  type StatAttributes,
} from './attributes.ts';
import { decodeEntryExtra, encodeEntryExtra, type EntryExtra, EXTRA_KEY } from './extra.ts';
import { goStringOfBytes } from './go-text.ts';
import { JsonFields, type JsonSubject } from './json-fields.ts';
import { type ByteName, byteNameFromText, compareByteNames } from './names.ts';
import { decodeSummary, type DirectorySummary, encodeSummary } from './summary.ts';

/** `f` file, `d` directory, `s` symbolic link. */
export type EntryType = 'f' | 'd' | 's';

/** One entry of a directory in a snapshot; plain data. */
export interface DirectoryEntry extends Attributes {
  /** The name that every reader sees, normally valid UTF-8. What is on disk is `nameOnDisk(entry)`. */
  readonly name: ByteName;
  readonly type: EntryType;
  readonly objectId: string;
  /** Directories, and a root that is a single file. */
  readonly summary?: DirectorySummary;
  readonly extra?: EntryExtra;
}

/** The bytes of the entry's name in its source directory. */
export function nameOnDisk(entry: Pick<DirectoryEntry, 'name' | 'extra'>): ByteName {
  return entry.extra?.rawName ?? entry.name;
}

/** Order of entries in a directory object: directories first, then by the bytes of their names. */
export function compareEntries(a: DirectoryEntry, b: DirectoryEntry): number {
  const left = a.type === 'd' ? 0 : 1;
  const right = b.type === 'd' ? 0 : 1;
  return left - right || compareByteNames(a.name, b.name);
}

/** The JSON kopia writes for an entry, as a byte string (each character one byte), with our additions at its end.
 *  Byte strings because V8 joins and copies them several times faster than it encodes UTF-8: 1.3 us an entry. */
export function encodeEntry(entry: DirectoryEntry): string {
  let json = `${encodeName(entry)}${encodeAttributes(entry)}"obj":${goStringOfBytes(entry.objectId)}`;
  if (entry.summary !== undefined) json += `,"summ":${encodeSummary(entry.summary)}`;
  if (entry.extra !== undefined) json += `,"${EXTRA_KEY}":${encodeEntryExtra(entry.extra)}`;
  return `${json}}`;
}

/** How `encodeEntry` begins for a file with these attributes, up to where its object ID goes. */
export function encodeEntryStart(name: ByteName, type: EntryType, attributes: StatAttributes): string {
  return `${encodeName({ name, type })}${encodeStatAttributes(attributes)}"obj":"`;
}

function encodeName({ name, type }: Pick<DirectoryEntry, 'name' | 'type'>): string {
  return `${name === '' ? '{' : `{"name":${goStringOfBytes(name)},`}"type":"${type}",`;
}

/** Inverse of `encodeEntry` on parsed JSON; unknown fields are ignored, wrong types throw the subject's code.
 *  Names may be hostile: check `nameOnDisk` with `isSafeEntryName`. */
export function decodeEntry(value: unknown, subject: JsonSubject): DirectoryEntry {
  const fields = new JsonFields(value, subject);
  return {
    name: byteNameFromText(fields.string('name')),
    type: decodeType(fields),
    ...decodeAttributes(fields),
    objectId: fields.string('obj'),
    ...(fields.has('summ') && { summary: decodeSummary(fields.raw('summ'), fields.nested('summ')) }),
    ...(fields.has(EXTRA_KEY) && {
      extra: decodeEntryExtra(fields.raw(EXTRA_KEY), fields.nested(EXTRA_KEY)),
    }),
  };
}

function decodeType(fields: JsonFields): EntryType {
  const type = fields.string('type');
  return type === 'f' || type === 'd' || type === 's' ? type : fields.fail('type', 'f, d or s');
}
