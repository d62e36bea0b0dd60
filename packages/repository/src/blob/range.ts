import { RepositoryError } from '../errors.ts';
import type { BlobId, BlobRange } from './storage.ts';

/** A range with its length known. */
export interface ResolvedRange {
  readonly offset: number;
  readonly length: number;
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
