import {
  asLocalFiles,
  PackFetcher,
  parseBlobId,
  RangeCache,
  type RangeReader,
  type Repository,
  type RepositoryWriter,
  storageRanges,
} from '@holdfast/repository';

import { ContentTasks } from '../restore/content-tasks.ts';
import type { PackSource } from '../threads/pack-desk.ts';
import { WorkerPool } from '../threads/worker-pool.ts';

/** How worker threads are started. */
export interface WorkersOptions {
  /** Undefined to only read. */
  readonly writer: RepositoryWriter | undefined;
  /** Number of threads; the repository's budget decides when it is not given. */
  readonly workers?: number | undefined;
  /** Called when a worker has handed contents over. */
  readonly onHandoff?: () => void;
  /** What the backup before has left of the same tree. */
  readonly statTable?: string | undefined;
  /** Largest chunk of any splitter in use, when that is not the repository's own. */
  readonly maxChunk?: number;
}

/** Starts threads that work on this repository, calls `use` with them and with what runs their reading tasks, and ends them. */
export async function withWorkers<T>(
  repository: Repository,
  options: WorkersOptions,
  use: (pool: WorkerPool, tasks: ContentTasks) => Promise<T>,
): Promise<T> {
  const reader = storageRanges(repository.storage);
  const packs = packSource(repository, reader);
  const cache = repository.cache && new RangeCache(repository.cache);
  const { writer } = options;
  const pool = new WorkerPool({
    workers: options.workers ?? repository.budget.workers,
    format: repository.contentFormat,
    maxChunk: options.maxChunk ?? repository.splitter().maxChunk,
    indexPageBytes: repository.budget.indexPageBytes,
    writer: writer?.contents.memory,
    indexFiles: () => repository.indexView.paths,
    statTable: options.statTable,
    onHandoff: (handoff) => {
      writer?.contents.accept(handoff);
      options.onHandoff?.();
    },
    onStarved: () => writer?.contents.relieve(),
    packs,
    clock: repository.clock,
  });
  try {
    // Only what reads fetches ahead: the memory for it is that of a writer's segments.
    const memoryBytes = repository.budget.fetchBytes;
    const fetcher = packs.isLocal ? undefined : new PackFetcher({ reader, memoryBytes, cache });
    return await use(pool, new ContentTasks(repository, pool, fetcher));
  } finally {
    await pool.close();
    await cache?.settled();
  }
}

/** Packs where they are, or where the cache has them. */
function packSource(repository: Repository, reader: RangeReader): PackSource {
  const local = asLocalFiles(repository.storage);
  if (local !== undefined)
    return {
      isLocal: true,
      path: (packBlobId) => Promise.resolve(local.localPath(parseBlobId(packBlobId))),
      read: (packBlobId, offset, length) => reader.read(packBlobId, { offset, length }),
      reread: () => Promise.resolve(undefined),
    };
  const { cache } = repository;
  return {
    isLocal: false,
    path: async (packBlobId) => await cache?.packFile(packBlobId),
    read: (packBlobId, offset, length) => reader.read(packBlobId, { offset, length }),
    reread: async (place) => {
      if (cache === undefined) return undefined;
      // Another use of the same bytes may have discarded it.
      cache.discard(place);
      return await reader.read(place.packBlobId, { offset: place.packOffset, length: place.packedLength });
    },
  };
}
