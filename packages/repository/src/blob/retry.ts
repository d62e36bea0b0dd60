import type { Clock } from '../clock.ts';
import { repositoryErrorCode, type RepositoryErrorCode } from '../errors.ts';
import { asAttempt, isAttempt } from './attempt.ts';
import { eraserOf, foreignOf, localFilesOf, retentionOf } from './powers.ts';
import type { BlobMetadata, BlobStorage, CallOptions } from './storage.ts';

/** When and how often a failed call is tried again. */
export interface RetryOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Upper bound of the first pause; it doubles with each attempt. */
  readonly firstPauseMs?: number;
  readonly maxPauseMs?: number;
  /** No attempt starts later than this after the first one. */
  readonly deadlineMs?: number;
}

const DEFAULTS = { firstPauseMs: 100, maxPauseMs: 10_000, deadlineMs: 180_000 };

/** Which failures may pass by themselves. What is not listed is not retried: it is an answer, or a defect. */
const TRANSIENT: Partial<Record<RepositoryErrorCode, true>> = {
  STORAGE_FAILED: true,
};

/** `inner`, with transient failures (STORAGE_FAILED) tried again after random, growing pauses.
 *  The last failure is thrown as it came. A listing is tried again only until its first blob: what follows a gap could
 *  not be told from what was already given; storages that list in pages try each page again by themselves. */
export function withRetry(inner: BlobStorage, options: RetryOptions): BlobStorage {
  const attempt: Attempt = (run, call) => retryTransient(run, options, call?.signal);
  return {
    description: inner.description,
    get: (id, range, call) => attempt(() => inner.get(id, range, call), call),
    getMetadata: (id, call) => attempt(() => inner.getMetadata(id, call), call),
    async *list(prefix, call) {
      const { rest, first } = await attempt(() => startList(inner.list(prefix, call)), call);
      try {
        for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
      } finally {
        await rest.return?.();
      }
    },
    put: (id, parts, call) => attempt(() => inner.put(id, parts, call), call),
    delete: (id, call) => attempt(() => inner.delete(id, call), call),
    close: () => inner.close(),
    ...localFilesOf(inner),
    ...eraserOf(inner, attempt),
    ...retentionOf(inner, attempt),
    ...foreignOf(inner, attempt),
  };
}

type Attempt = <T>(run: () => Promise<T>, call: CallOptions | undefined) => Promise<T>;

/** Runs `run` again while it fails with STORAGE_FAILED, after random, growing pauses; the last failure is thrown as it came.
 *  Once only within what is tried again as a whole: deadlines would add up. */
export async function retryTransient<T>(
  run: () => Promise<T>,
  options: RetryOptions,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (isAttempt()) return await run();
  const settings = { ...DEFAULTS, ...options };
  const endMs = settings.clock.nowMs() + settings.deadlineMs;
  let limitMs = settings.firstPauseMs;
  for (let number = 1; ; number++, limitMs = Math.min(2 * limitMs, settings.maxPauseMs)) {
    try {
      return await asAttempt(number, run);
    } catch (error) {
      // At least half of the limit, so that a pause is never none; the rest spreads clients that failed together.
      const pauseMs = (limitMs / 2) * (1 + settings.random());
      if (!isTransient(error) || settings.clock.nowMs() + pauseMs > endMs) throw error;
      await settings.clock.sleep(pauseMs, signal);
    }
  }
}

function isTransient(error: unknown): boolean {
  const code = repositoryErrorCode(error);
  return code !== undefined && TRANSIENT[code] === true;
}

async function startList(
  blobs: AsyncIterable<BlobMetadata>,
): Promise<{ rest: AsyncIterator<BlobMetadata>; first: IteratorResult<BlobMetadata> }> {
  const rest = blobs[Symbol.asyncIterator]();
  return { rest, first: await rest.next() };
}
