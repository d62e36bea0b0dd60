import {
  contentKey,
  objectParts,
  parseContentId,
  parseObjectId,
  type Repository,
  RepositoryError,
} from '@holdfast/repository';

import { Flow } from '../threads/flow.ts';
import type { CounterValues } from '../threads/counters.ts';
import type { ContentTasks } from '../restore/content-tasks.ts';
import { FailureList } from '../restore/restore-context.ts';
import type { FilePart, VerifyTask } from '../restore/tasks.ts';
import { fileParts, readEntries } from '../restore/tree-reader.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import type { SnapshotManifest } from '../snapshot/manifest.ts';
import { textOfByteName } from '../snapshot/names.ts';
import type { FailedEntry } from '../snapshot/summary.ts';
import { childPath } from '../backup/failures.ts';
import { SeenObjects } from './seen-objects.ts';
import { withReports } from './restore-snapshot.ts';
import { withWorkers } from './start-workers.ts';

/** What to verify and how thoroughly. */
export interface VerifyRequest {
  /** Roots, each with the name to report failures under. */
  readonly snapshots: readonly SnapshotManifest[];
  /** What else: directories and files by themselves. */
  readonly objects?: readonly NamedEntry[];
  /** Share of files that are read whole, 0 to 100; of the others the index entries are looked up. */
  readonly filesPercent: number;
  readonly workers?: number | undefined;
  /** So many failures end it, after what is under way; 0 for all there are. */
  readonly maxErrors?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CounterValues) => void;
  readonly onFailure?: (failure: FailedEntry) => void;
}

/** An entry with the name to report failures under. */
export interface NamedEntry {
  readonly entry: DirectoryEntry;
  readonly path: string;
}

/** What came of it. */
export interface VerifyResult {
  readonly objects: number;
  /** Sizes of their files. */
  readonly bytes: number;
  readonly failedCount: number;
  /** The first hundred. */
  readonly failed: readonly FailedEntry[];
}

/** Checks that everything snapshots consist of is there: directories are read, files are looked up or read. An object
 *  that several snapshots share is checked once. */
export async function verifySnapshots(repository: Repository, request: VerifyRequest): Promise<VerifyResult> {
  return await withWorkers(repository, { writer: undefined, workers: request.workers }, async (pool, tasks) =>
    withReports(repository, pool, request.onProgress, async () =>
      new Verification(repository, tasks, request).run(),
    ),
  );
}

const TASKS_AT_ONCE = 8;
const BATCH_FILES = 256;
const BATCH_BYTES = 8 << 20;

type VerifyFile = VerifyTask['files'][number];

class Verification {
  readonly #repository: Repository;
  readonly #tasks: ContentTasks;
  readonly #request: VerifyRequest;
  readonly #failures: FailureList;
  readonly #flow = new Flow(TASKS_AT_ONCE);
  readonly #seen = new SeenObjects();
  readonly #stack: NamedEntry[] = [];
  #files: VerifyFile[] = [];
  #bytes = 0;
  #objects = 0;
  #objectBytes = 0;

  constructor(repository: Repository, tasks: ContentTasks, request: VerifyRequest) {
    this.#repository = repository;
    this.#tasks = tasks;
    this.#request = request;
    this.#failures = new FailureList(request.onFailure ?? (() => undefined));
  }

  async run(): Promise<VerifyResult> {
    for (const { id, rootEntry } of this.#request.snapshots)
      if (rootEntry !== undefined) await this.#visit(rootEntry, id);
    for (const { entry, path } of this.#request.objects ?? []) {
      if (this.#hasEnough()) break;
      await this.#visit(entry, path);
    }
    for (let next = this.#stack.pop(); next !== undefined; next = this.#stack.pop()) {
      this.#request.signal?.throwIfAborted();
      if (this.#hasEnough()) break;
      await this.#readDirectory(next.entry, next.path);
    }
    await this.#sendOff();
    await this.#flow.finish();
    return {
      objects: this.#objects,
      bytes: this.#objectBytes,
      failedCount: this.#failures.count,
      failed: this.#failures.first,
    };
  }

  #hasEnough(): boolean {
    const { maxErrors = 0 } = this.#request;
    return maxErrors > 0 && this.#failures.count >= maxErrors;
  }

  async #readDirectory(entry: DirectoryEntry, path: string): Promise<void> {
    try {
      for await (const child of readEntries(this.#repository.contents, entry.objectId)) {
        if (this.#hasEnough()) break;
        await this.#visit(child, childPath(path, textOfByteName(child.name)));
      }
    } catch (error) {
      this.#failures.add(path, error);
    }
  }

  async #visit(entry: DirectoryEntry, path: string): Promise<void> {
    if (!this.#seen.add(entry.objectId)) return;
    this.#objects++;
    if (entry.type !== 'd') this.#objectBytes += entry.size;
    if (entry.type === 'd') this.#stack.push({ entry, path });
    else await this.#visitFile(entry, path);
  }

  async #visitFile(entry: DirectoryEntry, path: string): Promise<void> {
    try {
      const isRead = this.#isChosen(entry.objectId);
      for await (const group of this.#partsOf(entry)) {
        for (const part of group) this.#lookUp(part);
        if (isRead) await this.#add({ path, parts: group });
      }
    } catch (error) {
      this.#request.signal?.throwIfAborted();
      this.#failures.add(path, error);
    }
  }

  /** Parts in groups of one task's size, so that a file of any length streams. */
  async *#partsOf(entry: DirectoryEntry): AsyncGenerator<readonly FilePart[]> {
    const isEmpty = entry.type === 'f' && entry.size === 0;
    const parts = isEmpty
      ? objectParts(this.#repository.contents, parseObjectId(entry.objectId))
      : fileParts(this.#repository.contents, entry);
    let group: FilePart[] = [];
    for await (const part of parts) {
      group.push(part);
      if (group.length < PARTS_AT_ONCE) continue;
      yield group;
      group = [];
    }
    if (group.length > 0) yield group;
  }

  #lookUp({ contentId }: FilePart): void {
    const id = parseContentId(contentId);
    if (this.#repository.indexView.find(contentKey(id)) !== undefined) return;
    throw new RepositoryError('CONTENT_NOT_FOUND', `content ${id} is in no index`, { content: id });
  }

  /** The choice depends on the object alone, so that it is the same wherever the file turns up. */
  #isChosen(objectId: string): boolean {
    if (this.#request.filesPercent >= 100) return true;
    const sample = Number.parseInt(objectId.slice(-6), 16) / 0x100_0000;
    return sample * 100 < this.#request.filesPercent;
  }

  async #add(file: VerifyFile): Promise<void> {
    this.#files.push(file);
    for (const { length } of file.parts) this.#bytes += length ?? UNKNOWN_LENGTH;
    if (this.#files.length >= BATCH_FILES || this.#bytes >= BATCH_BYTES) await this.#sendOff();
  }

  async #sendOff(): Promise<void> {
    const files = this.#files;
    if (files.length === 0) return;
    this.#files = [];
    this.#bytes = 0;
    await this.#flow.start(async () => {
      const { signal } = this.#request;
      const reply = await this.#tasks.run({ kind: 'verify', files }, { signal });
      for (const failure of reply.failed) this.#failures.addFailure(failure);
    });
  }
}

const PARTS_AT_ONCE = 64;
const UNKNOWN_LENGTH = 64 << 10;
