import type { Clock } from '@holdfast/repository';
import { expect, test } from 'vitest';
import { checkpointRegularly } from './checkpoints.ts';

/** How long each pause is, in seconds, until there have been `count` checkpoints. */
async function pauses(count: number, fixedIntervalMs?: number): Promise<readonly number[]> {
  const stop = new AbortController();
  const slept: number[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    sleep: (ms) => {
      stop.signal.throwIfAborted();
      slept.push(ms / 1000);
      return Promise.resolve();
    },
  };
  let checkpoints = 0;
  const checkpoint = (): Promise<void> => {
    if (++checkpoints === count) stop.abort();
    return Promise.resolve();
  };
  await checkpointRegularly(clock, stop.signal, checkpoint, fixedIntervalMs);
  return slept;
}

test('checkpoints become rarer, up to every ten minutes', async () => {
  const seconds = await pauses(15);
  expect(seconds.slice(0, 3)).toEqual([60, 75, 93.75]);
  expect(seconds.slice(-2)).toEqual([600, 600]);
});

test('an interval that is asked for stays', async () => {
  expect(await pauses(4, 5000)).toEqual([5, 5, 5, 5]);
});
