import type { Clock } from '../clock.ts';
import { RepositoryError } from '../errors.ts';

/** How long a request may go without progress. */
export interface StallLimit {
  readonly clock: Clock;
  readonly stallMs: number;
}

/** A request under way. */
export interface WatchedCall {
  /** Aborted with the caller's reason, or when the request stalls. */
  readonly signal: AbortSignal;
  /** To be called whenever bytes of a blob have moved. */
  readonly progress: (bytes: number) => void;
}

/** Runs a request and gives up on it when it makes no progress for between one and two limits.
 *  An abort by the caller, and a stall, win over what `run` throws because of it. Throws STORAGE_FAILED for a stall. */
export async function withStallLimit<T>(
  limit: StallLimit,
  outer: AbortSignal | undefined,
  run: (call: WatchedCall) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const inner = new AbortController();
  const done = new AbortController();
  const onAbort = (): void => inner.abort(outer?.reason);
  outer?.addEventListener('abort', onAbort, { once: true });
  let moved = false;
  const watch = watchStall(limit, done.signal, () => {
    const stalled = !moved;
    moved = false;
    if (stalled) inner.abort(stallError(limit));
    return stalled;
  });
  try {
    return await run({
      signal: inner.signal,
      progress: () => {
        moved = true;
      },
    });
  } catch (error) {
    inner.signal.throwIfAborted();
    throw error;
  } finally {
    outer?.removeEventListener('abort', onAbort);
    done.abort();
    await watch;
  }
}

/** One timer a limit, not one a chunk: chunks come by the thousand. Ends with `done` or when `check` is true. */
async function watchStall(
  { clock, stallMs }: StallLimit,
  done: AbortSignal,
  check: () => boolean,
): Promise<void> {
  try {
    do await clock.sleep(stallMs, done);
    while (!check());
  } catch (error) {
    if (!done.aborted) throw error;
  }
}

function stallError({ stallMs }: StallLimit): RepositoryError {
  const seconds = Math.round(stallMs / 100) / 10;
  return new RepositoryError('STORAGE_FAILED', `the storage sent and took nothing for ${seconds} s`, {
    stallMs,
  });
}
