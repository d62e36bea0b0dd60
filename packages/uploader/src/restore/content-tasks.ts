import {
  contentKey,
  type IndexEntry,
  type PackFetcher,
  parseContentId,
  type Repository,
} from '@holdfast/repository';

import { openDirHandle } from '../filesystem/path.ts';
import { nameOnDisk } from '../snapshot/entry.ts';
import type { ReplyTo, RunOptions, WorkerPool } from '../threads/worker-pool.ts';
import { packFetched } from './fetched-ahead.ts';
import { looksLike } from './looks-like.ts';
import type { FilePart, RestoreFilesTask, RestoreTask } from './tasks.ts';

/** How a task that reads contents is run. */
export interface ContentTaskOptions extends RunOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Runs tasks that read contents. Where threads can't read packs by themselves, what a task needs is fetched before it is sent
 *  off, so that no thread waits for a line while it could work; the fetcher's memory limits how much is on its way. */
export class ContentTasks {
  readonly #repository: Repository;
  readonly #pool: WorkerPool;
  readonly #fetcher: PackFetcher | undefined;

  constructor(repository: Repository, pool: WorkerPool, fetcher: PackFetcher | undefined) {
    this.#repository = repository;
    this.#pool = pool;
    this.#fetcher = fetcher;
  }

  /** As `WorkerPool.run`; may wait until what other tasks hold is released. */
  async run<T extends RestoreTask>(
    task: T,
    { signal, ...options }: ContentTaskOptions = {},
  ): Promise<ReplyTo<T>> {
    if (this.#fetcher === undefined) return await this.#pool.run(task, options);
    const { parts, files } = needsOf(task);
    const held = await this.#fetcher.fetch(this.#placesOf(parts), { isOneFile: files === 1, signal });
    try {
      return await this.#pool.run({ ...task, fetched: packFetched(held.contents) }, options);
    } finally {
      held.release();
    }
  }

  #placesOf(parts: readonly FilePart[]): IndexEntry[] {
    return parts.map(({ contentId }) => this.#find(contentId)).filter((entry) => entry !== undefined);
  }

  /** What is wrong with a part is for the thread to say. */
  #find(contentId: string): IndexEntry | undefined {
    try {
      const entry = this.#repository.indexView.find(contentKey(parseContentId(contentId)));
      return entry?.encryptionKeyId === 0 ? entry : undefined;
    } catch {
      return undefined;
    }
  }
}

function needsOf(task: RestoreTask): { readonly parts: readonly FilePart[]; readonly files: number } {
  if (task.kind === 'restoreParts') return { parts: task.parts, files: 1 };
  const files = task.kind === 'verify' ? task.files : missingFiles(task);
  return { parts: files.flatMap(({ parts }) => parts), files: files.length };
}

/** Files that a thread is going to write: nothing is fetched for those that are there already. */
function missingFiles({ directory, files, rules }: RestoreFilesTask): RestoreFilesTask['files'] {
  if (!rules.skipExisting) return files;
  const handle = openDirHandle(directory);
  try {
    return files.filter(({ entry }) => !looksLike(entry, handle.child(nameOnDisk(entry))));
  } finally {
    handle.close();
  }
}
