import type { Clock } from '../clock.ts';

/** Keeps a rate, in units of whatever is counted. */
export interface TokenBucket {
  /** Resolves when `count` more units fit into the rate. More than the bucket holds is a debt that later callers wait
   *  for too; an aborted wait gives its units back. */
  take(count: number, signal?: AbortSignal): Promise<void>;
  /** Changes the rate, also for those that wait; 0 lets all of them go. */
  setRate(perSecond: number): void;
}

/** A bucket that holds one second's worth, full at first. A rate of 0 (as in kopia's configuration) is no limit. */
export function createTokenBucket(initialPerSecond: number, clock: Clock): TokenBucket {
  let perSecond = initialPerSecond;
  let filledMs = clock.nowMs();
  /** Units handed out, and those that there were so far: whoever was promised more than these waits for them. */
  let promised = 0;
  let filled = perSecond;
  let changed = new AbortController();

  const refill = (): void => {
    const nowMs = clock.nowMs();
    filled = Math.min(promised + perSecond, filled + (Math.max(0, nowMs - filledMs) / 1000) * perSecond);
    filledMs = nowMs;
  };
  const wait = async (end: number, signal: AbortSignal | undefined): Promise<void> => {
    while (perSecond > 0 && filled < end) {
      const change = changed.signal;
      const either = signal === undefined ? change : AbortSignal.any([signal, change]);
      try {
        await clock.sleep(((end - filled) / perSecond) * 1000, either);
        return;
      } catch (error) {
        if (signal?.aborted === true || !change.aborted) throw error;
      }
    }
  };
  return {
    async take(count, signal) {
      if (perSecond === 0) return;
      refill();
      promised += count;
      try {
        await wait(promised, signal);
      } catch (error) {
        promised -= count;
        throw error;
      }
    },
    setRate(next) {
      refill();
      // Who was let go owes nothing, and a limit where there was none begins with a full bucket.
      if (perSecond === 0 || next === 0) filled = promised + next;
      filled = Math.min(filled, promised + next);
      perSecond = next;
      changed.abort();
      changed = new AbortController();
    },
  };
}
