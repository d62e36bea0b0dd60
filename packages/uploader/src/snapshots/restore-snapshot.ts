import type { Repository } from '@holdfast/repository';

import { reportRegularly } from '../backup/checkpoints.ts';
import type { RestoreOptions } from '../restore/options.ts';
import { type RestoreResult, restoreTree } from '../restore/restore-tree.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import type { FailedEntry } from '../snapshot/summary.ts';
import type { CounterValues } from '../threads/counters.ts';
import type { WorkerPool } from '../threads/worker-pool.ts';
import { withWorkers } from './start-workers.ts';

/** What to restore and where to. */
export interface RestoreRequest {
  readonly entry: DirectoryEntry;
  /** Absolute path: of the directory that gets the content, or of the file. */
  readonly target: string;
  readonly options: RestoreOptions;
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CounterValues) => void;
  readonly onFailure?: (failure: FailedEntry) => void;
}

/** Restores a directory or file. What fails does not stop the rest; see `restoreTree`. */
export async function restoreSnapshot(
  repository: Repository,
  request: RestoreRequest,
): Promise<RestoreResult> {
  const { workers, signal, onFailure } = request;
  return await withWorkers(repository, { writer: undefined, workers }, async (pool, tasks) => {
    const parts = { source: repository.contents, pool, tasks, options: request.options, signal };
    return await failingOnAbort(pool, signal, async () =>
      withReports(repository, pool, request.onProgress, async () =>
        restoreTree({ ...parts, ...(onFailure && { onFailure }) }, request.entry, request.target),
      ),
    );
  });
}

/** Runs `work`, which waits no longer for its tasks once the signal is given: hundreds of megabytes may be queued. */
async function failingOnAbort<T>(
  pool: WorkerPool,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const onAbort = (): void => pool.fail(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await work();
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Runs `work` and reports its workers' counters meanwhile, and once more at its end. */
export async function withReports<T>(
  repository: Repository,
  pool: WorkerPool,
  report: ((progress: CounterValues) => void) | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (report === undefined) return await work();
  const stop = new AbortController();
  const reporting = reportRegularly(repository.clock, stop.signal, REPORT_INTERVAL_MS, () =>
    report(pool.counters),
  );
  try {
    return await work();
  } finally {
    stop.abort();
    await reporting;
    report(pool.counters);
  }
}

const REPORT_INTERVAL_MS = 200;
