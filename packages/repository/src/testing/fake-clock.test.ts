import { expect, it } from 'vitest';
import { createFakeClock } from './fake-clock.ts';

it('wakes sleepers in order of time, each at its time', async () => {
  const clock = createFakeClock(1000);
  const woken: [string, number][] = [];
  const sleep = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms);
    woken.push([name, clock.nowMs()]);
  };
  await Promise.all([
    sleep('late', 50),
    sleep('early', 10),
    sleep('middle', 20).then(() => sleep('last', 100)),
  ]);
  expect(woken).toEqual([
    ['early', 1010],
    ['middle', 1020],
    ['late', 1050],
    ['last', 1120],
  ]);
});

it('moves when told to', () => {
  const clock = createFakeClock(1000);
  clock.advance(5);
  clock.advance(-10);
  expect(clock.nowMs()).toBe(995);
});

it('ends a sleep with the reason of its signal', async () => {
  const clock = createFakeClock(1000);
  const reason = new Error('enough');
  const abort = new AbortController();
  const sleeping = clock.sleep(10, abort.signal);
  abort.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
  await expect(clock.sleep(10, abort.signal)).rejects.toBe(reason);
  expect(clock.nowMs()).toBe(1000);
});
