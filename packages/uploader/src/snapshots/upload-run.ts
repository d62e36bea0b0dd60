import { parseManifestId, type Repository, type RepositoryWriter } from '@holdfast/repository';

import { checkpointRegularly, reportRegularly } from '../backup/checkpoints.ts';
import type { OpenDirectory } from '../backup/open-directory.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import type { SnapshotManifest } from '../snapshot/manifest.ts';
import type { WorkerPool } from '../threads/worker-pool.ts';
import { saveSnapshot } from './snapshot-store.ts';

/** What one run of an upload works with. */
export interface UploadRunParts {
  readonly repository: Repository;
  readonly writer: RepositoryWriter;
  readonly pool: WorkerPool;
  /** The manifest as far as it is known before the upload. */
  readonly prototype: SnapshotManifest;
  readonly cancel: AbortSignal | undefined;
  readonly checkpointIntervalMs: number | undefined;
  readonly uploadLimitBytes: number | undefined;
  readonly report: (() => void) | undefined;
}

/** Ends an upload that is to stop with what it has saved; `message` is what the snapshot says of it. */
export class UploadStopped extends Error {
  /** The root as far as it was saved; its contents are durable. */
  readonly rootEntry: DirectoryEntry;

  constructor(incomplete: string, rootEntry: DirectoryEntry) {
    super(incomplete);
    this.rootEntry = rootEntry;
  }
}

/** Why a snapshot is incomplete whose upload has stored as much as it may. */
const LIMIT_REACHED = 'limit reached';
/** Why it is when the upload was cancelled, as kopia also says where it stopped at a failure. */
export const CANCELED = 'canceled';

/** Keeps an upload durable while it runs: flushes when too much is pending, saves checkpoints from time to time, and
 *  one more when the upload is cancelled. */
export class UploadRun {
  readonly #parts: UploadRunParts;
  #root: OpenDirectory | undefined;
  #checkpointId: string | undefined;
  #pausing: Promise<void> | undefined;
  #isEnding = false;

  constructor(parts: UploadRunParts) {
    this.#parts = parts;
  }

  /** The root directory has been listed. */
  rootOpened(root: OpenDirectory): void {
    this.#root = root;
  }

  /** Runs `upload` under this care and returns its result; all contents are handed over then, but not flushed. */
  async guard<T>(upload: () => Promise<T>): Promise<T> {
    const { repository, pool, cancel, report, checkpointIntervalMs } = this.#parts;
    const stop = new AbortController();
    const background = Promise.all([
      checkpointRegularly(
        repository.clock,
        stop.signal,
        async () => await this.#checkpoint('checkpoint'),
        checkpointIntervalMs,
      ),
      report && reportRegularly(repository.clock, stop.signal, REPORT_INTERVAL_MS, report),
    ]).catch((error: unknown) => pool.fail(error));
    const onCancel = (): void => {
      pool.interrupt();
      void this.#end(CANCELED, () => cancel?.reason);
    };
    cancel?.addEventListener('abort', onCancel, { once: true });
    if (cancel?.aborted === true) onCancel();
    try {
      const result = await upload();
      stop.abort();
      await background;
      await this.#pausing;
      await pool.handOver();
      return result;
    } finally {
      stop.abort();
      cancel?.removeEventListener('abort', onCancel);
      await background;
    }
  }

  /** Flushes when more contents are pending than the budget allows, and ends the upload that has stored enough. */
  relieve(): void {
    const { pool, uploadLimitBytes = Infinity } = this.#parts;
    if (!this.#isEnding && this.#root !== undefined && pool.counters.storedBytes > uploadLimitBytes)
      void this.#end(LIMIT_REACHED, (root) => root && new UploadStopped(LIMIT_REACHED, root));
    else if (this.#pausing === undefined && this.#parts.writer.contents.isFull)
      this.#paused(async () => {
        await this.#parts.writer.contents.flush();
      }).catch((error: unknown) => this.#parts.pool.fail(error));
  }

  /** Ends the upload with what it has saved so far; `guard` throws UploadStopped then, unless everything was saved already. */
  stop(): void {
    if (this.#isEnding || this.#root === undefined) return;
    this.#parts.pool.interrupt();
    void this.#end(CANCELED, (root) => root && new UploadStopped(CANCELED, root));
  }

  /** Forgets the checkpoint: the content it points to is in another snapshot. */
  async drop(): Promise<void> {
    await this.#dropCheckpoint();
  }

  /** Saves the final snapshot in place of the checkpoint, if there is one. */
  async save(snapshot: SnapshotManifest): Promise<SnapshotManifest> {
    await this.#dropCheckpoint();
    return await saveSnapshot(this.#parts.repository, snapshot);
  }

  /** Saves what there is and stops the workers, unless there is no reason to then. */
  async #end(incomplete: string, reasonFor: (root: DirectoryEntry | undefined) => unknown): Promise<void> {
    const { pool } = this.#parts;
    this.#isEnding = true;
    try {
      await this.#pausing;
      const reason = reasonFor(await this.#checkpoint(incomplete));
      if (reason === undefined) this.#isEnding = false;
      else pool.fail(reason);
    } catch (error) {
      pool.fail(error);
    }
  }

  async #checkpoint(incomplete: string): Promise<DirectoryEntry | undefined> {
    let rootEntry: DirectoryEntry | undefined;
    await this.#paused(async () => {
      const { repository, writer, prototype } = this.#parts;
      rootEntry = await this.#root?.checkpoint(writer.contents, incomplete);
      if (rootEntry !== undefined) {
        await this.#dropCheckpoint();
        const endTimeNs = BigInt(repository.clock.nowMs()) * 1_000_000n;
        const saved = await saveSnapshot(repository, { ...prototype, rootEntry, incomplete, endTimeNs });
        this.#checkpointId = saved.id;
      }
      await writer.flush();
    });
    return rootEntry;
  }

  async #dropCheckpoint(): Promise<void> {
    if (this.#checkpointId === undefined) return;
    (await this.#parts.repository.manifests()).delete(parseManifestId(this.#checkpointId));
    this.#checkpointId = undefined;
  }

  /** Runs `step` while no worker does anything and all contents are handed over. */
  async #paused(step: () => Promise<void>): Promise<void> {
    await this.#pausing;
    this.#pausing = this.#pausedNow(step);
    try {
      await this.#pausing;
    } finally {
      this.#pausing = undefined;
    }
  }

  async #pausedNow(step: () => Promise<void>): Promise<void> {
    const { pool } = this.#parts;
    await pool.pause();
    try {
      await pool.handOver();
      await step();
    } finally {
      pool.resume();
    }
  }
}

const REPORT_INTERVAL_MS = 200;
