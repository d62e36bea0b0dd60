import { asLocalFiles, parseBlobId, type Repository, type RepositoryWriter } from '@holdfast/repository';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { WorkerPool } from '../threads/worker-pool.ts';

/** How worker threads are started. */
export interface WorkersOptions {
  /** Undefined to only read. */
  readonly writer: RepositoryWriter | undefined;
  /** Number of threads; the repository's budget decides when it is not given. */
  readonly workers?: number | undefined;
  /** Called when a worker has handed contents over. */
  readonly onHandoff?: () => void;
  /** Largest chunk of any splitter in use, when that is not the repository's own. */
  readonly maxChunk?: number;
}

/** Starts threads that work on this repository, calls `use` with them, and ends them. */
export async function withWorkers<T>(
  repository: Repository,
  options: WorkersOptions,
  use: (pool: WorkerPool) => Promise<T>,
): Promise<T> {
  await using packs = new LocatedPacks(repository);
  const { writer } = options;
  const pool = new WorkerPool({
    workers: options.workers ?? repository.budget.workers,
    format: repository.contentFormat,
    maxChunk: options.maxChunk ?? repository.splitter().maxChunk,
    indexPageBytes: repository.budget.indexPageBytes,
    writer: writer?.contents.memory,
    indexFiles: () => repository.indexView.paths,
    onHandoff: (handoff) => {
      writer?.contents.accept(handoff);
      options.onHandoff?.();
    },
    onStarved: () => writer?.contents.relieve(),
    locatePack: async (packBlobId) => await packs.locate(packBlobId),
  });
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

/** Finds packs as local files: where they are when the storage is local, else as copies for the time being. */
class LocatedPacks implements AsyncDisposable {
  readonly #repository: Repository;
  readonly #copies = new Map<string, Promise<string>>();
  #directory: Promise<string> | undefined;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  async locate(packBlobId: string): Promise<string> {
    const local = asLocalFiles(this.#repository.storage);
    if (local !== undefined) return local.localPath(parseBlobId(packBlobId));
    const copy = this.#copies.get(packBlobId) ?? this.#copy(packBlobId);
    this.#copies.set(packBlobId, copy);
    return await copy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const directory = await this.#directory;
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  }

  async #copy(packBlobId: string): Promise<string> {
    this.#directory ??= mkdtemp(path.join(os.tmpdir(), 'holdfast-packs-'));
    const file = path.join(await this.#directory, packBlobId);
    await writeFile(file, await this.#repository.storage.get(parseBlobId(packBlobId)), { mode: 0o600 });
    return file;
  }
}
