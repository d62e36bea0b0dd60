import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import { totalLength } from './parts.ts';
import { retentionOf } from './powers.ts';
import type { BlobId, BlobStorage, CallOptions } from './storage.ts';

/** `inner`, whose first blob that isn't empty is looked at after it was written: some services keep the framing of a request as if
 *  it were the body, and say nothing. Throws STORAGE_UNSUPPORTED when other bytes lie there. */
export function withWriteCheck(inner: BlobStorage): BlobStorage {
  let isTrusted = false;
  return {
    description: inner.description,
    get: (id, range, options) => inner.get(id, range, options),
    getMetadata: (id, options) => inner.getMetadata(id, options),
    list: (prefix, options) => inner.list(prefix, options),
    async put(id, parts, options) {
      await inner.put(id, parts, options);
      if (isTrusted || totalLength(parts) === 0) return;
      await checkWritten(inner, id, parts, options?.signal === undefined ? {} : { signal: options.signal });
      isTrusted = true;
    },
    delete: (id, options) => inner.delete(id, options),
    close: () => inner.close(),
    ...retentionOf(inner, (run) => run()),
  };
}

/** Framing changes the length, and the start. */
const START_BYTES = 4096;

async function checkWritten(
  storage: BlobStorage,
  id: BlobId,
  parts: readonly Uint8Array[],
  options: CallOptions,
): Promise<void> {
  const length = totalLength(parts);
  const start = startOf(parts);
  const stored = await storage.getMetadata(id, options).catch((error: unknown) => {
    if (repositoryErrorCode(error) !== 'BLOB_NOT_FOUND') throw error;
    throw new RepositoryError(
      'STORAGE_FAILED',
      `the storage took blob ${id} and does not have it`,
      { blob: id },
      error,
    );
  });
  const bytes = await storage.get(id, { offset: 0, length: Math.min(start.length, stored.length) }, options);
  if (stored.length === length && Buffer.compare(bytes, start) === 0) return;
  const message =
    `${storage.description} does not keep what it is given (blob ${id}: ${stored.length} bytes instead of ${length}): ` +
    'nothing that is written there could be read again';
  throw new RepositoryError('STORAGE_UNSUPPORTED', message, {
    blob: id,
    length,
    storedLength: stored.length,
  });
}

function startOf(parts: readonly Uint8Array[]): Buffer {
  const start: Uint8Array[] = [];
  for (let i = 0, length = 0; i < parts.length && length < START_BYTES; i++) {
    const piece = parts[i]?.subarray(0, START_BYTES - length) ?? new Uint8Array();
    start.push(piece);
    length += piece.length;
  }
  return Buffer.concat(start);
}
