import type { Clock } from '../clock.ts';

/** Keeps a rate, in units of whatever is counted. */
export interface TokenBucket {
  /** Resolves when `count` more units fit into the rate. More than the bucket holds is a debt that later callers wait
   *  for too; an aborted wait gives its units back. */
  take(count: number, signal?: AbortSignal): Promise<void>;
}

/** A bucket that holds one second's worth, full at first. A rate of 0 (as in kopia's configuration) is no limit. */
export function createTokenBucket(perSecond: number, clock: Clock): TokenBucket {
  if (perSecond === 0) return { take: () => Promise.resolve() };
  let tokens = perSecond;
  let filledMs = clock.nowMs();

  const refill = (): void => {
    const nowMs = clock.nowMs();
    tokens = Math.min(perSecond, tokens + (Math.max(0, nowMs - filledMs) / 1000) * perSecond);
    filledMs = nowMs;
  };
  return {
    async take(count, signal) {
      refill();
      tokens -= count;
      if (tokens >= 0) return;
      try {
        await clock.sleep((-tokens / perSecond) * 1000, signal);
      } catch (error) {
        tokens += count;
        throw error;
      }
    },
  };
}
