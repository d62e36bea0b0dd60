import type { ResolvedRange } from '../blob/range.ts';
import type { BlobId, BlobReader, GetOptions } from '../blob/storage.ts';
import { RepositoryError } from '../errors.ts';

/** Reads stretches of packs, wherever they are kept. Safe for concurrent use. */
export interface RangeReader {
  /** Exactly the bytes of `range`, in `options.into` where that is given. Throws BLOB_NOT_FOUND, BLOB_RANGE_INVALID, and
   *  what the storage throws; every error of a storage names the pack. */
  read(packBlobId: string, range: ResolvedRange, options?: GetOptions): Promise<Uint8Array>;
}

/** Reads from the storage itself. */
export function storageRanges(storage: BlobReader): RangeReader {
  return {
    async read(packBlobId, range, options) {
      // Pack names in an index are blob names by definition of the format.
      const bytes = await storage.get(packBlobId as BlobId, range, options);
      if (bytes.length === range.length) return bytes;
      throw new RepositoryError(
        'STORAGE_FAILED',
        `the storage sent ${bytes.length} bytes of pack ${packBlobId} instead of ${range.length}`,
        { blob: packBlobId, ...range, got: bytes.length },
      );
    },
  };
}
