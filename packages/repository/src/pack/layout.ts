import type { BlobId } from '../blob/storage.ts';
import { encodeFormatCopy } from '../format/recover.ts';

/* A pack: preamble, contents back to back, padding, sealed local index, postamble.
 * Source: kopia repo/content/content_manager_lock_free.go. */

/** Kind of a pack: `p` for contents without prefix, `q` for those with one. */
export type PackPrefix = 'p' | 'q';

/** Makes bytes that nobody can guess. */
export type RandomBytes = (length: number) => Uint8Array;

const RANDOM_PREAMBLE_BYTES = 32;
const PADDING_UNIT = 4096;

/** The start of a pack: in repositories that need it a copy of `kopia.repository`, whose exact bytes `formatBlob` are,
 *  then random bytes. Throws FORMAT_UNSUPPORTED when that blob is too long. */
export function packPreamble(formatBlob: Uint8Array | undefined, random: RandomBytes): Uint8Array {
  const noise = random(RANDOM_PREAMBLE_BYTES);
  return formatBlob === undefined ? noise : Buffer.concat([encodeFormatCopy(formatBlob), noise]);
}

/** Random bytes that take a pack of `length` bytes to the next multiple of 4096, and a whole unit when it is there
 *  already: what lies behind them never tells how long the contents are. */
export function packPadding(length: number, random: RandomBytes): Uint8Array {
  return random(PADDING_UNIT - (length % PADDING_UNIT));
}

/** Name of a new pack; `random` is 16 bytes never used before. */
export function packBlobId(prefix: PackPrefix, random: Uint8Array, sessionId: string): BlobId {
  // A name by construction.
  return `${prefix}${Buffer.from(random).toString('hex')}-${sessionId}` as BlobId;
}
