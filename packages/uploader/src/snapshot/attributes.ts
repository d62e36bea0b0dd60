import { formatTime, formatTimeNs } from '@holdfast/repository/worker';
import type { JsonFields } from './json-fields.ts';
import { decodeMode, encodeMode } from './mode.ts';

/** What stat says of a file, as far as a snapshot keeps it. */
export interface Attributes {
  /** Unix permission and special bits (`0o7777`). */
  readonly mode: number;
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly uid: number;
  readonly gid: number;
}

const MAX_ID = 0xffff_ffff;

/** Attributes whose time is in parts: seconds since 1970, rounded down, and the nanoseconds that are left. */
export interface StatAttributes extends Omit<Attributes, 'mtimeNs'> {
  readonly mtimeSeconds: number;
  readonly mtimeNanos: number;
}

/** The JSON fields of the attributes, each followed by a comma; what is zero is omitted, as kopia does.
 *  Order: kopia snapshot/manifest.go. */
export function encodeAttributes(attributes: Attributes): string {
  const { mtimeNs } = attributes;
  return encodeFields(attributes, mtimeNs === 0n ? '' : formatTimeNs(mtimeNs));
}

/** The same text, without big integers. */
export function encodeStatAttributes(attributes: StatAttributes): string {
  const { mtimeSeconds, mtimeNanos } = attributes;
  const isZero = mtimeSeconds === 0 && mtimeNanos === 0;
  return encodeFields(attributes, isZero ? '' : formatTime(mtimeSeconds, mtimeNanos));
}

function encodeFields({ mode, size, uid, gid }: Omit<Attributes, 'mtimeNs'>, mtime: string): string {
  const modeText = encodeMode(mode);
  let json = modeText === '' ? '' : `"mode":"${modeText}",`;
  if (size !== 0) json += `"size":${size},`;
  if (mtime !== '') json += `"mtime":"${mtime}",`;
  if (uid !== 0) json += `"uid":${uid},`;
  if (gid !== 0) json += `"gid":${gid},`;
  return json;
}

/** Inverse of `encodeAttributes`. */
export function decodeAttributes(fields: JsonFields): Attributes {
  return {
    mode: decodeMode(fields.string('mode')) ?? fields.fail('mode', 'an octal mode'),
    size: fields.integer('size'),
    mtimeNs: fields.timeNs('mtime'),
    uid: fields.integer('uid', 0, MAX_ID),
    gid: fields.integer('gid', 0, MAX_ID),
  };
}
