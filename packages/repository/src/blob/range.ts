import { invariant, RepositoryError } from '../errors.ts';
import type { BlobId, BlobRange, GetOptions } from './storage.ts';

/** A range with its length known. */
export interface ResolvedRange {
  readonly offset: number;
  readonly length: number;
}

/** Memory for a range's bytes: the caller's own where it gave some, which must be of that length. Otherwise not from Node's
 *  pool of small buffers, which nobody could transfer, and not zeroed, as every byte is going to be written. */
export function memoryFor(length: number, options: GetOptions | undefined): Uint8Array {
  const into = options?.into;
  if (into === undefined) return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  invariant(into.length === length, 'memory for a range has its length');
  return into;
}

/** The bytes that `range` (absent: all) means in a blob of `size` bytes. Throws BLOB_RANGE_INVALID. */
export function resolveRange(id: BlobId, range: BlobRange | undefined, size: number): ResolvedRange {
  const offset = range?.offset ?? 0;
  const length = range?.length ?? Math.max(0, size - offset);
  if (isCount(offset) && isCount(length) && offset + length <= size) return { offset, length };
  throw new RepositoryError(
    'BLOB_RANGE_INVALID',
    `blob ${id} has ${size} bytes, not ${length} from ${offset} on; it is damaged or the index points past its end`,
    { blob: id, size, offset, length },
  );
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
