import { formatTimeNs } from '@holdfast/repository/worker';
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

/** The JSON fields of the attributes, each followed by a comma; what is zero is omitted, as kopia does.
 *  Order: kopia snapshot/manifest.go. */
export function encodeAttributes({ mode, size, mtimeNs, uid, gid }: Attributes): string {
  const modeText = encodeMode(mode);
  let json = modeText === '' ? '' : `"mode":"${modeText}",`;
  if (size !== 0) json += `"size":${size},`;
  if (mtimeNs !== 0n) json += `"mtime":"${formatTimeNs(mtimeNs)}",`;
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
