import { describe, expect, it } from 'vitest';
import type { Clock } from '../clock.ts';
import { collect } from '../testing/collect.ts';
import { RepositoryError, type RepositoryErrorCode } from '../errors.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import { createFaultyStorage, type FaultyStorage } from '../testing/faulty-storage.ts';
import { describeStorage } from '../testing/storage-conformance.ts';
import { parseBlobId } from './blob-id.ts';
import { createMemoryStorage } from './memory.ts';
import { asRetentionExtender } from './powers.ts';
import { retryTransient, withRetry } from './retry.ts';
import type { BlobStorage } from './storage.ts';

const id = parseBlobId('p1');
const retention = { mode: 'GOVERNANCE', periodMs: 1 } as const;

interface Rig {
  readonly faulty: FaultyStorage;
  readonly storage: BlobStorage;
  readonly elapsedMs: () => number;
}

async function rig(random = 0.5): Promise<Rig> {
  const clock = createFakeClock();
  const startMs = clock.nowMs();
  const inner = createMemoryStorage({ clock });
  await inner.put(id, [Buffer.from('abc')]);
  const faulty = createFaultyStorage(inner);
  return {
    faulty,
    storage: withRetry(faulty, { clock, random: () => random }),
    elapsedMs: () => clock.nowMs() - startMs,
  };
}

describeStorage('retry', () => {
  const clock = createFakeClock();
  return Promise.resolve(withRetry(createMemoryStorage({ clock }), { clock, random: () => 0 }));
});

describe('a transient failure', () => {
  it('is tried again, in every operation', async () => {
    const { faulty, storage } = await rig();
    for (const operation of ['get', 'getMetadata', 'list', 'put', 'delete', 'extendRetention'] as const) {
      faulty.inject(operation, 1, { kind: 'fail-before' });
      faulty.inject(operation, 2, { kind: 'fail-before' });
    }
    expect(await storage.get(id)).toHaveLength(3);
    expect(await storage.getMetadata(id)).toMatchObject({ length: 3 });
    expect(await collect(storage.list(''))).toHaveLength(1);
    await storage.put(id, [Buffer.from('abcd')]);
    await asRetentionExtender(storage)?.extendRetention(id, retention);
    await storage.delete(parseBlobId('p2'));
    expect(faulty.calls).toHaveLength(18);
  });

  it('that happened after the effect does no harm', async () => {
    const { faulty, storage } = await rig();
    faulty.inject('put', 1, { kind: 'fail-after' });
    faulty.inject('delete', 1, { kind: 'fail-after' });
    await storage.put(id, [Buffer.from('new')]);
    expect(Buffer.from(await storage.get(id)).toString()).toBe('new');
    await storage.delete(id);
    await expect(storage.get(id)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
  });

  it.each([
    [0, [50, 100, 200, 400]],
    [0.999_999, [100, 200, 400, 800]],
  ])('waits twice as long each time, spread by chance (%d)', async (random, pauses) => {
    const { faulty, storage, elapsedMs } = await rig(random);
    for (const nth of [1, 2, 3, 4]) faulty.inject('get', nth, { kind: 'fail-before' });
    await storage.get(id);
    expect(elapsedMs()).toBeCloseTo(
      pauses.reduce((sum, pause) => sum + pause),
      1,
    );
  });

  it('is thrown as it came when the deadline is near', async () => {
    const { faulty, storage, elapsedMs } = await rig();
    const last = new RepositoryError('STORAGE_FAILED', 'still down');
    for (let nth = 1; nth < 100; nth++) faulty.inject('get', nth, { kind: 'fail-before', error: last });
    await expect(storage.get(id)).rejects.toBe(last);
    expect(elapsedMs()).toBeGreaterThan(170_000);
    expect(elapsedMs()).toBeLessThanOrEqual(180_000);
  });

  it('of a listing that already gave blobs is passed on', async () => {
    const { faulty, storage } = await rig();
    faulty.inject('list', 1, { kind: 'fail-after' });
    const ids: string[] = [];
    const iterate = async (): Promise<void> => {
      for await (const blob of storage.list('')) ids.push(blob.id);
    };
    await expect(iterate()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(ids).toEqual([id]);
    expect(faulty.calls).toHaveLength(1);
  });
});

const ANSWERS: readonly RepositoryErrorCode[] = [
  'BLOB_NOT_FOUND',
  'BLOB_RANGE_INVALID',
  'STORAGE_FULL',
  'STORAGE_DENIED',
  'STORAGE_READ_ONLY',
  'STORAGE_NOT_FOUND',
  'STORAGE_UNSUPPORTED',
];

it.each(ANSWERS)('%s is an answer: not tried again', async (code) => {
  const { faulty, storage, elapsedMs } = await rig();
  faulty.inject('put', 1, { kind: 'fail-before', error: new RepositoryError(code, 'no') });
  await expect(storage.put(id, [])).rejects.toMatchObject({ code });
  expect(faulty.calls).toHaveLength(1);
  expect(elapsedMs()).toBe(0);
});

it('a defect is not tried again', async () => {
  const { faulty, storage } = await rig();
  faulty.inject('get', 1, { kind: 'fail-before', error: new TypeError('defect') });
  await expect(storage.get(id)).rejects.toThrow(TypeError);
  expect(faulty.calls).toHaveLength(1);
});

it('an abort ends the pause with the reason', async () => {
  const { faulty, storage } = await rig();
  const reason = new Error('the test gave up');
  const abort = new AbortController();
  for (let nth = 1; nth < 100; nth++) faulty.inject('get', nth, { kind: 'fail-before' });
  const reading = storage.get(id, undefined, { signal: abort.signal });
  abort.abort(reason);
  await expect(reading).rejects.toBe(reason);
});

describe('a listing in pages that are tried again by themselves', () => {
  /** The page with this number fails so often, then gives one blob as the others do. */
  const inPages = (clock: Clock, failingPage: number, failures: number): BlobStorage => {
    let left = failures;
    const fetchPage = (number: number): Promise<string> =>
      number === failingPage && left-- > 0
        ? Promise.reject(new RepositoryError('STORAGE_FAILED', 'slow down'))
        : Promise.resolve(`p${number}`);
    return {
      ...createMemoryStorage({ clock }),
      async *list() {
        for (const number of [1, 2]) {
          const name = await retryTransient(() => fetchPage(number), { clock, random: () => 0.5 }, undefined);
          yield { id: parseBlobId(name), length: 0, timestampMs: 0 };
        }
      },
    };
  };

  it.each([1, 2])('goes on after failures of page %d', async (page) => {
    const clock = createFakeClock();
    const storage = withRetry(inPages(clock, page, 3), { clock, random: () => 0.5 });
    expect((await collect(storage.list(''))).map(({ id }) => id)).toEqual(['p1', 'p2']);
  });

  it.each([1, 2])('ends within one deadline when page %d never comes', async (page) => {
    const clock = createFakeClock();
    const startMs = clock.nowMs();
    const storage = withRetry(inPages(clock, page, Infinity), { clock, random: () => 0.5 });
    await expect(collect(storage.list(''))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(clock.nowMs() - startMs).toBeGreaterThan(170_000);
    expect(clock.nowMs() - startMs).toBeLessThanOrEqual(180_000);
  });
});
