import { describe, expect, it } from 'vitest';
import { collect } from '../testing/collect.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import { createFaultyStorage } from '../testing/faulty-storage.ts';
import { describeStorage } from '../testing/storage-conformance.ts';
import { parseBlobId } from './blob-id.ts';
import { createMemoryStorage } from './memory.ts';
import type { BlobStorage } from './storage.ts';
import { createThrottle, type ThrottlingLimits, withThrottle } from './throttle.ts';

const id = parseBlobId('p1');

describeStorage('throttle', () => {
  const clock = createFakeClock();
  const limits = {
    readsPerSecond: 100,
    maxUploadSpeedBytesPerSecond: 1 << 20,
    concurrentReads: 2,
    concurrentWrites: 1,
  };
  return Promise.resolve(withThrottle(createMemoryStorage({ clock }), createThrottle(limits, clock)));
});

interface Rig {
  readonly storage: BlobStorage;
  /** Simulated seconds that `run` takes. */
  readonly secondsOf: (run: (storage: BlobStorage) => Promise<unknown>) => Promise<number>;
}

async function rig(limits: ThrottlingLimits): Promise<Rig> {
  const clock = createFakeClock();
  const inner = createMemoryStorage({ clock });
  await inner.put(id, [new Uint8Array(1000)]);
  const storage = withThrottle(inner, createThrottle(limits, clock));
  return {
    storage,
    async secondsOf(run) {
      const startMs = clock.nowMs();
      await run(storage);
      return (clock.nowMs() - startMs) / 1000;
    },
  };
}

const times = async (count: number, run: () => Promise<unknown>): Promise<void> => {
  for (let i = 0; i < count; i++) await run();
};

describe('rates, of which the first second is free', () => {
  it.each<[ThrottlingLimits, (storage: BlobStorage) => Promise<unknown>, number]>([
    [{}, (storage) => storage.get(id), 0],
    [{ readsPerSecond: 5 }, (storage) => storage.getMetadata(id), 19],
    [{ readsPerSecond: 5 }, (storage) => storage.get(id), 19],
    [{ readsPerSecond: 5 }, (storage) => storage.delete(id), 0],
    [{ writesPerSecond: 10 }, (storage) => storage.put(id, []), 9],
    [{ writesPerSecond: 10 }, (storage) => storage.delete(id), 9],
    [{ listsPerSecond: 2 }, (storage) => collect(storage.list('')), 49],
    [{ maxDownloadSpeedBytesPerSecond: 1000 }, (storage) => storage.get(id), 99],
    [{ maxDownloadSpeedBytesPerSecond: 1000 }, (storage) => storage.get(id, { offset: 0, length: 100 }), 9],
    [
      { maxUploadSpeedBytesPerSecond: 1000 },
      (storage) => storage.put(id, [new Uint8Array(300), new Uint8Array(200)]),
      49,
    ],
  ])('%j', async (limits, call, seconds) => {
    const { secondsOf } = await rig(limits);
    expect(await secondsOf((storage) => times(100, () => call(storage)))).toBeCloseTo(seconds, 6);
  });

  it('hold for concurrent calls together', async () => {
    const { secondsOf } = await rig({ maxUploadSpeedBytesPerSecond: 1000 });
    const put = (storage: BlobStorage): Promise<void> => storage.put(id, [new Uint8Array(500)]);
    expect(
      await secondsOf((storage) => Promise.all(Array.from({ length: 20 }, () => put(storage)))),
    ).toBeCloseTo(9, 6);
  });

  it('let one call through that is larger than a second, and make the next ones pay', async () => {
    const { secondsOf } = await rig({ maxUploadSpeedBytesPerSecond: 1000 });
    expect(await secondsOf((storage) => storage.put(id, [new Uint8Array(5000)]))).toBeCloseTo(4, 6);
    expect(await secondsOf((storage) => storage.put(id, [new Uint8Array(1000)]))).toBeCloseTo(1, 6);
  });

  it('are not used up by an aborted call', async () => {
    const { storage, secondsOf } = await rig({ writesPerSecond: 1 });
    await storage.delete(id);
    const reason = new Error('the test gave up');
    const abort = new AbortController();
    const waiting = Array.from({ length: 50 }, () => storage.delete(id, { signal: abort.signal }));
    abort.abort(reason);
    for (const result of await Promise.allSettled(waiting)) expect(result).toMatchObject({ reason });
    expect(await secondsOf(() => storage.delete(id))).toBeCloseTo(1, 6);
  });
});

describe('slots', () => {
  it('limit how many calls run at once', async () => {
    const faulty = createFaultyStorage(createMemoryStorage({ clock: createFakeClock() }));
    const storage = withThrottle(faulty, createThrottle({ concurrentWrites: 2 }, createFakeClock()));
    const abort = new AbortController();
    for (const nth of [1, 2]) faulty.inject('put', nth, { kind: 'stall' });
    const stalled = [1, 2].map(() => storage.put(id, [], { signal: abort.signal }));
    const third = storage.put(id, [Buffer.from('third')]);
    const fourth = storage.put(id, [Buffer.from('fourth')]);
    await new Promise(setImmediate);
    expect(faulty.calls).toHaveLength(2);
    abort.abort(new Error('enough'));
    await Promise.allSettled([...stalled, third, fourth]);
    expect(faulty.calls.map(({ bytes }) => bytes)).toEqual([0, 0, 5, 6]);
  });

  it('are not kept by a call that is aborted while it waits', async () => {
    const faulty = createFaultyStorage(createMemoryStorage({ clock: createFakeClock() }));
    const storage = withThrottle(faulty, createThrottle({ concurrentReads: 1 }, createFakeClock()));
    const [first, second] = [new AbortController(), new AbortController()];
    faulty.inject('getMetadata', 1, { kind: 'stall' });
    const running = storage.getMetadata(id, { signal: first.signal });
    const waiting = storage.getMetadata(id, { signal: second.signal });
    await new Promise(setImmediate);
    second.abort(new Error('second'));
    await expect(waiting).rejects.toThrow('second');
    first.abort(new Error('first'));
    await expect(running).rejects.toThrow('first');
    await expect(storage.getMetadata(id)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
  });
});

describe('changed limits', () => {
  const clock = createFakeClock();

  it('hold for calls that wait already', async () => {
    const throttle = createThrottle({ maxUploadSpeedBytesPerSecond: 10 }, clock);
    const storage = withThrottle(createMemoryStorage({ clock }), throttle);
    const startMs = clock.nowMs();
    const put = storage.put(id, [new Uint8Array(1010)]);
    throttle.setLimits({ maxUploadSpeedBytesPerSecond: 1000 });
    await put;
    expect((clock.nowMs() - startMs) / 1000).toBeCloseTo(1, 6);
    await storage.put(id, [new Uint8Array(3000)]);
    expect((clock.nowMs() - startMs) / 1000).toBeCloseTo(4, 6);
  });

  it('let everybody go when there are none any more, and begin anew when there are again', async () => {
    const throttle = createThrottle({ writesPerSecond: 0.001, concurrentWrites: 1 }, clock);
    const storage = withThrottle(createMemoryStorage({ clock }), throttle);
    const startMs = clock.nowMs();
    const puts = [1, 2, 3].map(() => storage.put(id, []));
    throttle.setLimits({});
    await Promise.all(puts);
    expect(clock.nowMs()).toBe(startMs);
    throttle.setLimits({ writesPerSecond: 2 });
    await times(4, () => storage.put(id, []));
    expect(clock.nowMs() - startMs).toBe(1000);
  });

  it('are refused as a whole when one is none', () => {
    const throttle = createThrottle({ readsPerSecond: 5 }, clock);
    for (const wrong of [{ writesPerSecond: -1 }, { concurrentReads: 1.5 }, { listsPerSecond: Number.NaN }])
      expect(() => throttle.setLimits({ readsPerSecond: 1, ...wrong })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    expect(throttle.limits).toEqual({ readsPerSecond: 5 });
  });

  it('let as many run as there are slots now', async () => {
    const faulty = createFaultyStorage(createMemoryStorage({ clock }));
    const throttle = createThrottle({ concurrentWrites: 1 }, clock);
    const storage = withThrottle(faulty, throttle);
    const abort = new AbortController();
    for (const nth of [1, 2, 3]) faulty.inject('put', nth, { kind: 'stall' });
    const stalled = [1, 2, 3].map(() => storage.put(id, [], { signal: abort.signal }));
    throttle.setLimits({ concurrentWrites: 2 });
    await new Promise(setImmediate);
    expect(faulty.calls).toHaveLength(2);
    abort.abort(new Error('enough'));
    await Promise.allSettled(stalled);
  });
});
