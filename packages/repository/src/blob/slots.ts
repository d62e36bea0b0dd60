/** Lets a limited number of tasks run at a time, first come, first served. */
export interface Slots {
  /** Runs `task` when its turn comes. Rejects with the signal's reason when aborted while waiting. */
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Changes how many may run; those that run already are left alone. */
  setCount(count: number): void;
}

/** `count` slots; 0 is no limit. */
export function createSlots(count: number): Slots {
  let limit = limitOf(count);
  let running = 0;
  const waiting = new Set<() => void>();

  const acquire = async (signal: AbortSignal | undefined): Promise<void> => {
    signal?.throwIfAborted();
    if (running < limit) {
      running += 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      waiting.delete(resolve);
      reject(signal?.reason);
    };
    waiting.add(resolve);
    signal?.addEventListener('abort', onAbort, { once: true });
    await promise.finally(() => signal?.removeEventListener('abort', onAbort));
  };
  /** Hands what is free to those that wait longest. */
  const admit = (): void => {
    for (const next of waiting) {
      if (running >= limit) return;
      waiting.delete(next);
      running += 1;
      next();
    }
  };
  return {
    async run(task, signal) {
      await acquire(signal);
      try {
        return await task();
      } finally {
        running -= 1;
        admit();
      }
    },
    setCount(next) {
      limit = limitOf(next);
      admit();
    },
  };
}

function limitOf(count: number): number {
  return count === 0 ? Number.POSITIVE_INFINITY : count;
}
