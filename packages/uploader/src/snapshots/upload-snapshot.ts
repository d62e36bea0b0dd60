import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';

import { parseManifestId, type Repository, type RepositoryWriter } from '@holdfast/repository';

import type { UploadProgress } from '../backup/progress.ts';
import type { TreeUpload } from '../backup/tree-upload.ts';
import { type PolicyTree, policyTree } from '../policy/tree.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import type { SnapshotManifest } from '../snapshot/manifest.ts';
import { previousSnapshots } from '../snapshot/previous.ts';
import { planRetention } from '../snapshot/retention.ts';
import { NO_STATS, type SnapshotStats } from '../snapshot/stats.ts';
import { StatRecorder } from '../stat-cache/recorder.ts';
import { tablePath } from '../stat-cache/table-files.ts';
import { readEntries } from '../restore/tree-reader.ts';
import type { WorkerPool } from '../threads/worker-pool.ts';
import { Expectation } from './expected-size.ts';
import { uploadRoot, uploadStream } from './root-entry.ts';
import { listSnapshots, loadPolicies } from './snapshot-store.ts';
import { withWorkers } from './start-workers.ts';
import type { UploadOptions, UploadResult } from './upload-options.ts';
import { CANCELED, UploadRun, UploadStopped } from './upload-run.ts';

/** Saves a directory or file as a snapshot. Entries that can't be read are counted and passed over; the snapshot is durable
 *  and visible to others when this resolves. Rejects when the root can't be read or storing fails, or with the reason of
 *  `cancel`; what earlier checkpoints saved is reused by the next upload then. */
export async function uploadSnapshot(repository: Repository, options: UploadOptions): Promise<UploadResult> {
  const writer = repository.writer();
  let run: UploadRun | undefined;
  const statTable = statTableFor(repository, options);
  const workers = { writer, workers: options.workers, statTable, onHandoff: () => run?.relieve() };
  using stats = new StatRecorder(statTable);
  return await withWorkers(repository, workers, async (pool) => {
    const policies = policyTree(options.source, await loadPolicies(repository));
    const before = previousSnapshots(await listSnapshots(repository, options.source));
    const upload = new SnapshotUpload(repository, writer, pool, { options, policies, before, stats });
    run = upload.run;
    return await upload.finish();
  });
}

function statTableFor({ lastingDirectory }: Repository, { stdin, path }: UploadOptions): string | undefined {
  if (stdin !== undefined || lastingDirectory === undefined) return undefined;
  return tablePath(lastingDirectory, resolve(path));
}

/** What is known before the upload starts. */
interface Plan {
  readonly options: UploadOptions;
  readonly policies: PolicyTree;
  readonly before: readonly SnapshotManifest[];
  readonly stats: StatRecorder;
}

/** The root as far as it was saved, and why that is not all. */
interface UploadedRoot {
  readonly rootEntry: DirectoryEntry;
  readonly incomplete?: string;
}

class SnapshotUpload {
  readonly run: UploadRun;
  readonly #repository: Repository;
  readonly #writer: RepositoryWriter;
  readonly #pool: WorkerPool;
  readonly #plan: Plan;
  readonly #prototype: SnapshotManifest;
  readonly #changed: string[] = [];
  readonly #expectation: Expectation;
  #hasFailedFast = false;

  constructor(repository: Repository, writer: RepositoryWriter, pool: WorkerPool, plan: Plan) {
    this.#repository = repository;
    this.#writer = writer;
    this.#pool = pool;
    this.#plan = plan;
    this.#expectation = new Expectation(plan.before);
    this.#prototype = prototypeOf(plan.options, nowNs(repository));
    const { cancel, onProgress } = plan.options;
    this.run = new UploadRun({
      repository,
      writer,
      pool,
      prototype: this.#prototype,
      cancel,
      checkpointIntervalMs: plan.options.checkpointIntervalMs,
      uploadLimitBytes: plan.options.uploadLimitBytes,
      report: onProgress && (() => onProgress(this.#progress())),
    });
  }

  async finish(): Promise<UploadResult> {
    const { rootEntry, incomplete } = await this.#uploadWithExpectation();
    const progress = this.#progress();
    // Threads take a while to end.
    const closed = this.#pool.close();
    const { summary } = rootEntry;
    const identical = incomplete === undefined ? this.#identicalTo(rootEntry) : undefined;
    if (identical !== undefined) await this.run.drop();
    const snapshot = identical ?? (await this.#save(rootEntry, progress, incomplete));
    await this.#expire();
    await this.#writer.flush();
    if (incomplete === undefined) this.#plan.stats.finish(this.#repository.clock.nowMs());
    await closed;
    this.#plan.options.onProgress?.(progress);
    return {
      snapshot,
      isIdentical: identical !== undefined,
      failedCount: summary?.numFailed ?? 0,
      ignoredCount: summary?.numIgnoredErrors ?? 0,
      changedCount: progress.changedFiles,
      changed: this.#changed,
      progress,
    };
  }

  async #uploadWithExpectation(): Promise<UploadedRoot> {
    const isDone = new AbortController();
    const finding = this.#expectation.find(this.#repository, this.#plan.options, isDone.signal);
    try {
      return await this.#upload();
    } finally {
      isDone.abort();
      await finding;
    }
  }

  async #upload(): Promise<UploadedRoot> {
    try {
      const rootEntry = await this.run.guard(async () => await this.#uploadRoot());
      return { rootEntry, ...(this.#hasFailedFast && { incomplete: CANCELED }) };
    } catch (error) {
      if (error instanceof UploadStopped) return { rootEntry: error.rootEntry, incomplete: error.message };
      throw error;
    }
  }

  async #save(
    rootEntry: DirectoryEntry,
    progress: UploadProgress,
    incomplete: string | undefined,
  ): Promise<SnapshotManifest> {
    return await this.run.save({
      ...this.#prototype,
      ...(incomplete !== undefined && { incomplete }),
      ...timesOf(this.#plan.options, this.#prototype.endTimeNs, nowNs(this.#repository)),
      stats: statsOf(progress, rootEntry.summary),
      rootEntry: { ...rootEntry, extra: { ...rootEntry.extra, complete: true } },
    });
  }

  /** The snapshot before, when the policy says not to save another with the same content. */
  #identicalTo({ objectId }: DirectoryEntry): SnapshotManifest | undefined {
    const { policies, before } = this.#plan;
    if (policies.policy.retention.ignoreIdenticalSnapshots !== true) return undefined;
    return before.find(
      ({ incomplete, rootEntry }) => incomplete === undefined && rootEntry?.objectId === objectId,
    );
  }

  async #uploadRoot(): Promise<DirectoryEntry> {
    const { options, policies, before } = this.#plan;
    const upload = this.#treeUpload();
    const { stdin } = options;
    if (stdin !== undefined)
      return await uploadStream(
        upload,
        this.#writer,
        { policies },
        { ...stdin, nowNs: this.#prototype.startTimeNs },
      );
    const previous = before.flatMap(({ rootEntry }) => rootEntry ?? []);
    return await uploadRoot(upload, { path: realpathSync(options.path), policies, previous });
  }

  #treeUpload(): TreeUpload {
    const { options } = this.#plan;
    return {
      pool: this.#pool,
      splitter: this.#repository.splitter(),
      signal: undefined,
      rehash: { percent: options.forceHashPercent ?? 0, seed: randomSeed(this.#repository) },
      previousEntries: (objectId) => readEntries(this.#repository.contents, objectId),
      onRecords: (records) => this.#plan.stats.add(records),
      onRootOpened: (root) => this.run.rootOpened(root),
      onChanged: (path) => {
        if (this.#changed.length < MOST_CHANGED) this.#changed.push(path);
      },
      onFailure: (failure, isIgnored) => {
        options.onFailure?.(failure);
        if (options.failFast === true && !isIgnored) this.#failFast();
      },
    };
  }

  /** The failure is reported before the directory that has it is open, which it is in a moment. */
  #failFast(): void {
    this.#hasFailedFast = true;
    queueMicrotask(() => this.run.stop());
  }

  /** Deletes what the source's retention says not to keep, checkpoints of earlier runs among it. */
  async #expire(): Promise<void> {
    const manifests = await this.#repository.manifests();
    const { options, policies } = this.#plan;
    const snapshots = await listSnapshots(this.#repository, options.source);
    for (const { snapshot, isExpired } of planRetention(snapshots, policies.policy.retention))
      if (isExpired) manifests.delete(parseManifestId(snapshot.id));
  }

  #progress(): UploadProgress {
    const { files, size } = this.#expectation.size;
    return {
      ...this.#pool.counters,
      expectedFiles: files,
      expectedBytes: size,
    };
  }
}

/** Files to name that changed. */
const MOST_CHANGED = 100;

function prototypeOf(options: UploadOptions, now: bigint): SnapshotManifest {
  return {
    id: '',
    source: options.source,
    description: options.description ?? '',
    startTimeNs: options.startTimeNs ?? now,
    endTimeNs: now,
    stats: NO_STATS,
    tags: options.tags ?? {},
    pins: [...(options.pins ?? [])].sort(),
  };
}

/** Start and end to record. A time that is given alone takes the other with it, so that the duration stays true.
 *  Source: kopia cli/command_snapshot_create.go. */
function timesOf(
  options: UploadOptions,
  began: bigint,
  ended: bigint,
): Pick<SnapshotManifest, 'startTimeNs' | 'endTimeNs'> {
  const durationNs = ended - began;
  const startTimeNs =
    options.startTimeNs ?? (options.endTimeNs === undefined ? began : options.endTimeNs - durationNs);
  return { startTimeNs, endTimeNs: options.endTimeNs ?? startTimeNs + durationNs };
}

function statsOf(progress: UploadProgress, summary: DirectoryEntry['summary']): SnapshotStats {
  return {
    totalSize: progress.hashedBytes + progress.cachedBytes,
    excludedTotalSize: progress.excludedBytes,
    fileCount: progress.hashedFiles,
    cachedFiles: progress.cachedFiles,
    nonCachedFiles: progress.hashedFiles,
    dirCount: summary?.dirs ?? 0,
    excludedFileCount: progress.excludedFiles,
    excludedDirCount: progress.excludedDirectories,
    ignoredErrorCount: summary?.numIgnoredErrors ?? 0,
    errorCount: summary?.numFailed ?? 0,
  };
}

function randomSeed({ random }: Repository): number {
  return Buffer.from(random(4)).readInt32LE();
}

function nowNs(repository: Repository): bigint {
  return BigInt(repository.clock.nowMs()) * 1_000_000n;
}
