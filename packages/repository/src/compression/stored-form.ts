import { RepositoryError } from '../errors.ts';
import type { Compressor } from './compressor.ts';

/** Bytes of the header id in front of every payload. */
export const HEADER_LENGTH = 4;

/** Writes the payload for `data` to `out`, from HEADER_LENGTH on, and returns where it ends; -1 as soon as it is clear that
 *  the end would not lie below data.length. `out` has `payloadBound` bytes. */
export type PayloadWriter = (data: Uint8Array, out: Uint8Array) => number;

const GRANULE = 1 << 16;

/* One for a thread: a result is encrypted before the next is made, and a buffer a call would be garbage of the size of
 * everything that is backed up. It grows to the largest content seen. */
let scratch: Uint8Array = new Uint8Array(GRANULE);

/** A compressor that puts its header id in front of what `write` makes. */
export function createCompressor(headerId: number, write: PayloadWriter): Compressor {
  return {
    headerId,
    compress: (data) => {
      if (data.length <= HEADER_LENGTH) return undefined;
      const out = scratchOf(payloadBound(data.length));
      const end = write(data, out);
      if (end < 0 || end >= data.length) return undefined;
      writeHeader(out, headerId);
      return out.subarray(0, end);
    },
  };
}

/** The header id in front of `stored`. Throws COMPRESSION_CORRUPT when `stored` is shorter than one. */
export function readHeader(stored: Uint8Array): number {
  if (stored.length < HEADER_LENGTH) throw corruptPayload('it is shorter than its header');
  return new DataView(stored.buffer, stored.byteOffset).getUint32(0);
}

/** The error for a payload that can't be decoded; `reason` is a clause of its message. */
export function corruptPayload(reason: string, cause?: unknown): RepositoryError {
  return new RepositoryError(
    'COMPRESSION_CORRUPT',
    `compressed data cannot be decoded: ${reason}; run a repository verification`,
    {},
    cause,
  );
}

/* zstd skips a copy when it can be sure that its output fits: ZSTD_COMPRESSBOUND, rounded up. */
function payloadBound(length: number): number {
  return HEADER_LENGTH + length + (length >> 8) + 128;
}

function scratchOf(length: number): Uint8Array {
  if (scratch.length < length) scratch = new Uint8Array(Math.ceil(length / GRANULE) * GRANULE);
  return scratch.subarray(0, length);
}

function writeHeader(out: Uint8Array, headerId: number): void {
  out[0] = headerId >>> 24;
  out[1] = headerId >>> 16;
  out[2] = headerId >>> 8;
  out[3] = headerId;
}
