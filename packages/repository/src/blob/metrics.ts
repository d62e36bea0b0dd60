import { totalLength } from './parts.ts';
import { eraserOf, localFilesOf, retentionOf } from './powers.ts';
import type { BlobStorage } from './storage.ts';

/** A kind of request to a storage. */
export type StorageOperation = 'get' | 'getMetadata' | 'list' | 'put' | 'delete' | 'extendRetention';

/** What was counted for one operation. */
export interface OperationCounts {
  readonly requests: number;
  /** Requests that threw. */
  readonly failures: number;
  /** Bytes of blobs, read or written. Where requests of a service are counted, also those that moved in vain. */
  readonly bytes: number;
}

/** What need not be asked of a storage, as it was kept from before. */
export interface CacheCounts {
  readonly hits: number;
  readonly bytes: number;
}

/** Counts by operation; plain data. */
export type StorageCounts = Readonly<Record<StorageOperation, OperationCounts>>;

/** Where one or more storages count their requests. */
export class StorageMeter {
  readonly #counts = new Map<StorageOperation, OperationCounts>();
  #cache: CacheCounts = { hits: 0, bytes: 0 };

  /** Counts one finished request. */
  count(operation: StorageOperation, { failed, bytes }: { failed: boolean; bytes: number }): void {
    const old = this.#of(operation);
    this.#counts.set(operation, {
      requests: old.requests + 1,
      failures: old.failures + (failed ? 1 : 0),
      bytes: old.bytes + bytes,
    });
  }

  /** Counts one request that a cache made unnecessary. */
  countHit(bytes: number): void {
    this.#cache = { hits: this.#cache.hits + 1, bytes: this.#cache.bytes + bytes };
  }

  /** What caches have answered so far. */
  get cache(): CacheCounts {
    return this.#cache;
  }

  /** A copy of the counts so far. */
  snapshot(): StorageCounts {
    return {
      get: this.#of('get'),
      getMetadata: this.#of('getMetadata'),
      list: this.#of('list'),
      put: this.#of('put'),
      delete: this.#of('delete'),
      extendRetention: this.#of('extendRetention'),
    };
  }

  #of(operation: StorageOperation): OperationCounts {
    return this.#counts.get(operation) ?? { requests: 0, failures: 0, bytes: 0 };
  }
}

/** `inner`, with its requests counted in `meter`. Reads of local files by worker threads pass it by. */
export function withMetrics(inner: BlobStorage, meter: StorageMeter): BlobStorage {
  const counted = async <T>(
    operation: StorageOperation,
    run: () => Promise<T>,
    bytesOf: (result: T) => number = () => 0,
  ): Promise<T> => {
    let outcome = { failed: true, bytes: 0 };
    try {
      const result = await run();
      outcome = { failed: false, bytes: bytesOf(result) };
      return result;
    } finally {
      meter.count(operation, outcome);
    }
  };
  return {
    description: inner.description,
    get: (id, range, call) =>
      counted(
        'get',
        () => inner.get(id, range, call),
        (bytes) => bytes.length,
      ),
    getMetadata: (id, call) => counted('getMetadata', () => inner.getMetadata(id, call)),
    async *list(prefix, call) {
      let failed = false;
      try {
        yield* inner.list(prefix, call);
      } catch (error) {
        failed = true;
        throw error;
      } finally {
        meter.count('list', { failed, bytes: 0 });
      }
    },
    put: (id, parts, call) =>
      counted(
        'put',
        () => inner.put(id, parts, call),
        () => totalLength(parts),
      ),
    delete: (id, call) => counted('delete', () => inner.delete(id, call)),
    close: () => inner.close(),
    ...localFilesOf(inner),
    ...eraserOf(inner, (run) => counted('delete', run)),
    ...retentionOf(inner, (run) => counted('extendRetention', run)),
  };
}
