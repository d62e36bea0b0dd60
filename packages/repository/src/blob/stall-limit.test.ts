import { expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { withStallLimit } from './stall-limit.ts';

const limit = { clock: systemClock, stallMs: 20 };
const forever = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('the SDK says something else')), { once: true });
  });

it('gives up on a call without progress', async () => {
  await expect(withStallLimit(limit, undefined, ({ signal }) => forever(signal))).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: 'the storage sent and took nothing for 0 s',
  });
});

it('lets a slow call go on while it makes progress', async () => {
  const result = await withStallLimit(limit, undefined, async ({ progress }) => {
    for (let i = 0; i < 30; i++) {
      await systemClock.sleep(5);
      progress(1);
    }
    return 'done';
  });
  expect(result).toBe('done');
});

it('rejects with the reason of the caller', async () => {
  const abort = new AbortController();
  const reason = new Error('enough');
  const call = withStallLimit({ ...limit, stallMs: 60_000 }, abort.signal, ({ signal }) => forever(signal));
  abort.abort(reason);
  await expect(call).rejects.toBe(reason);
  await expect(withStallLimit(limit, abort.signal, () => Promise.resolve())).rejects.toBe(reason);
});

it('leaves no listener and no timer behind', async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const counting = Object.assign(signal, {
    addEventListener: () => (listeners += 1),
    removeEventListener: () => (listeners -= 1),
  });
  await withStallLimit({ ...limit, stallMs: 3_600_000 }, counting, () => Promise.resolve());
  expect(listeners).toBe(0);
});
