import type { Clock } from '@holdfast/repository';

/** First pause between checkpoints; each further one is longer, up to the longest. What an interrupted run has to do again
 *  stays in proportion to how long it ran. */
const FIRST_INTERVAL_MS = 60_000;
const LONGEST_INTERVAL_MS = 600_000;
const GROWTH = 1.25;

/** Calls `checkpoint` from time to time, or every `fixedIntervalMs`, until `stop` fires; one call at a time. Rejects with what
 *  `checkpoint` throws. */
export async function checkpointRegularly(
  clock: Clock,
  stop: AbortSignal,
  checkpoint: () => Promise<unknown>,
  fixedIntervalMs?: number,
): Promise<void> {
  let intervalMs = fixedIntervalMs ?? FIRST_INTERVAL_MS;
  while (await slept(clock, intervalMs, stop)) {
    await checkpoint();
    intervalMs = fixedIntervalMs ?? Math.min(intervalMs * GROWTH, LONGEST_INTERVAL_MS);
  }
}

/** Calls `report` every `intervalMs` until `stop` fires. */
export async function reportRegularly(
  clock: Clock,
  stop: AbortSignal,
  intervalMs: number,
  report: () => void,
): Promise<void> {
  while (await slept(clock, intervalMs, stop)) report();
}

async function slept(clock: Clock, ms: number, stop: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, stop);
    return true;
  } catch (error) {
    if (stop.aborted) return false;
    throw error;
  }
}
