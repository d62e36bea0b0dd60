import { totalLength } from './parts.ts';
import { eraserOf, localFilesOf, retentionOf } from './powers.ts';
import { type RequestWatch, startRequest } from './request-watch.ts';
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
  /** Time that all of them took together, from start to end; requests may run at the same time. */
  readonly totalMs: number;
  /** Time that the longest took. */
  readonly maxMs: number;
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
  count(
    operation: StorageOperation,
    { failed, bytes, durationMs }: { failed: boolean; bytes: number; durationMs: number },
  ): void {
    const old = this.#of(operation);
    this.#counts.set(operation, {
      requests: old.requests + 1,
      failures: old.failures + (failed ? 1 : 0),
      bytes: old.bytes + bytes,
      totalMs: old.totalMs + durationMs,
      maxMs: Math.max(old.maxMs, durationMs),
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
    return this.#counts.get(operation) ?? NOTHING;
  }
}

const NOTHING: OperationCounts = { requests: 0, failures: 0, bytes: 0, totalMs: 0, maxMs: 0 };

/** `inner`, with its requests told to `watch`: each call is one, a listing lasts until it has been read. Reads of local files by
 *  worker threads pass it by. */
export function withMetrics(inner: BlobStorage, watch: RequestWatch): BlobStorage {
  const start = (operation: StorageOperation, blob?: string) =>
    startRequest(watch, { operation, place: inner.description, ...(blob !== undefined && { blob }) });
  const counted = async <T>(
    [operation, blob]: readonly [StorageOperation, blob?: string],
    run: () => Promise<T>,
    bytesOf: (result: T) => number = () => 0,
  ): Promise<T> => {
    const end = start(operation, blob);
    let result: T;
    try {
      result = await run();
    } catch (error) {
      end({ bytes: 0, error });
      throw error;
    }
    end({ bytes: bytesOf(result) });
    return result;
  };
  return {
    description: inner.description,
    get: (id, range, call) =>
      counted(
        ['get', id],
        () => inner.get(id, range, call),
        (bytes) => bytes.length,
      ),
    getMetadata: (id, call) => counted(['getMetadata', id], () => inner.getMetadata(id, call)),
    async *list(prefix, call) {
      const end = start('list');
      let failure: { readonly error?: unknown } = {};
      try {
        yield* inner.list(prefix, call);
      } catch (error) {
        failure = { error };
        throw error;
      } finally {
        end({ bytes: 0, ...failure });
      }
    },
    put: (id, parts, call) =>
      counted(
        ['put', id],
        () => inner.put(id, parts, call),
        () => totalLength(parts),
      ),
    delete: (id, call) => counted(['delete', id], () => inner.delete(id, call)),
    close: () => inner.close(),
    ...localFilesOf(inner),
    ...eraserOf(inner, (run) => counted(['delete'], run)),
    ...retentionOf(inner, (run, _, id) => counted(['extendRetention', id], run)),
  };
}
