import type { Clock } from '../clock.ts';

/** A clock that a test moves. Sleeping takes no real time: when nothing else is left to do in this turn of the event
 *  loop, the clock jumps to the earliest sleeper's time and wakes it. */
export interface FakeClock extends Clock {
  /** Moves the time; negative runs it backwards. Wakes nobody. */
  advance(ms: number): void;
}

interface Sleeper {
  readonly wakeMs: number;
  readonly wake: () => void;
}

/** A fake clock that starts at `startMs`. */
export function createFakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  let nowMs = startMs;
  const sleepers = new Set<Sleeper>();

  const wakeEarliest = (): void => {
    const [first] = [...sleepers].sort((a, b) => a.wakeMs - b.wakeMs);
    if (first === undefined) return;
    sleepers.delete(first);
    nowMs = Math.max(nowMs, first.wakeMs);
    first.wake();
  };
  return {
    nowMs: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const sleeper = { wakeMs: nowMs + ms, wake: resolve };
      const onAbort = (): void => {
        sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      sleepers.add(sleeper);
      signal?.addEventListener('abort', onAbort, { once: true });
      setImmediate(wakeEarliest);
      await promise.finally(() => signal?.removeEventListener('abort', onAbort));
    },
  };
}
