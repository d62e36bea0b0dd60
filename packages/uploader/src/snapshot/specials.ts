import { type Attributes, decodeAttributes, encodeAttributes } from './attributes.ts';
import { decodeEntryExtra, encodeEntryExtra, type EntryExtra, EXTRA_KEY } from './extra.ts';
import { goStringOfBytes } from './go-text.ts';
import { JsonFields, type JsonSubject } from './json-fields.ts';
import { type ByteName, byteNameFromText } from './names.ts';

const SPECIAL_TYPES = ['fifo', 'socket', 'char', 'block'] as const;

/** Kinds of file that kopia cannot store as entries. */
export type SpecialType = (typeof SPECIAL_TYPES)[number];

/** A FIFO, socket or device; `size` is 0. */
export interface SpecialFile extends Attributes {
  readonly name: ByteName;
  readonly type: SpecialType;
  /** Character and block devices only. */
  readonly device?: { readonly major: number; readonly minor: number };
  readonly extra?: EntryExtra;
}

/** Our additions beside a directory's `entries`. They stand there because kopia fails on an entry of unknown type. */
export interface DirectoryExtra {
  readonly specials: readonly SpecialFile[];
}

/** The JSON of a directory's additions, as a byte string. */
export function encodeDirectoryExtra({ specials }: DirectoryExtra): string {
  return `{"specials":[${specials.map(encodeSpecial).join(',')}]}`;
}

/** Inverse of `encodeDirectoryExtra`; unknown fields are ignored. */
export function decodeDirectoryExtra(value: unknown, subject: JsonSubject): DirectoryExtra {
  const fields = new JsonFields(value, subject);
  return { specials: fields.list('specials').map((item) => decodeSpecial(item, fields.nested('specials'))) };
}

function encodeSpecial(file: SpecialFile): string {
  let json = `{"name":${goStringOfBytes(file.name)},${encodeAttributes(file)}"type":"${file.type}"`;
  if (file.device !== undefined)
    json += `,"device":{"major":${file.device.major},"minor":${file.device.minor}}`;
  if (file.extra !== undefined) json += `,"${EXTRA_KEY}":${encodeEntryExtra(file.extra)}`;
  return `${json}}`;
}

function decodeSpecial(value: unknown, subject: JsonSubject): SpecialFile {
  const fields = new JsonFields(value, subject);
  const text = fields.string('type');
  const device = fields.object('device');
  return {
    name: byteNameFromText(fields.string('name')),
    type: SPECIAL_TYPES.find((type) => type === text) ?? fields.fail('type', 'a known type of special file'),
    ...decodeAttributes(fields),
    ...(device !== undefined && {
      device: { major: device.integer('major'), minor: device.integer('minor') },
    }),
    ...(fields.has(EXTRA_KEY) && {
      extra: decodeEntryExtra(fields.raw(EXTRA_KEY), fields.nested(EXTRA_KEY)),
    }),
  };
}
