import type { BlobReader } from '../blob/storage.ts';
import { repositoryErrorCode } from '../errors.ts';
import type { ContentCache } from './content-cache.ts';

/** What is fetched how. */
export interface SyncOptions {
  readonly storage: BlobReader;
  /** Packs fetched at the same time, fewer when they are large. */
  readonly parallel: number;
  readonly signal?: AbortSignal;
}

/** What syncing did. */
export interface SyncResult {
  readonly fetchedCount: number;
  readonly fetchedBytes: number;
  /** Packs that were there already. */
  readonly presentCount: number;
}

/** Bytes of packs in memory. */
const BYTES_AT_ONCE = 64 << 20;

/** Fetches the metadata packs of a storage that the cache lacks. Throws what the storage throws. */
export async function syncMetadata(cache: ContentCache, options: SyncOptions): Promise<SyncResult> {
  const { storage, parallel, signal } = options;
  const result = { fetchedCount: 0, fetchedBytes: 0, presentCount: 0 };
  const running = new Set<Promise<void>>();
  let runningBytes = 0;
  const fetch = async (id: string, length: number): Promise<void> => {
    if (!(await fetchUnlessGone(cache, id, signal))) {
      result.presentCount++;
      return;
    }
    result.fetchedCount++;
    result.fetchedBytes += length;
  };
  for await (const { id, length } of storage.list('q', { ...(signal && { signal }) })) {
    while (running.size > 0 && (running.size >= parallel || runningBytes + length > BYTES_AT_ONCE))
      await Promise.race(running);
    runningBytes += length;
    const one = fetch(id, length).finally(() => {
      running.delete(one);
      runningBytes -= length;
    });
    running.add(one);
  }
  await Promise.all(running);
  return result;
}

/** A maintenance elsewhere may have deleted what was listed. */
async function fetchUnlessGone(cache: ContentCache, id: string, signal?: AbortSignal): Promise<boolean> {
  try {
    return await cache.prefetch(id, signal);
  } catch (error) {
    if (repositoryErrorCode(error) !== 'BLOB_NOT_FOUND') throw error;
    return false;
  }
}
