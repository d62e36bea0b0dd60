import { expect, it } from 'vitest';
import { collect } from '../testing/collect.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import { createFaultyStorage } from '../testing/faulty-storage.ts';
import { describeStorage } from '../testing/storage-conformance.ts';
import { parseBlobId } from './blob-id.ts';
import { createMemoryStorage } from './memory.ts';
import { StorageMeter, withMetrics } from './metrics.ts';
import { asRetentionExtender } from './powers.ts';
import type { BlobStorage } from './storage.ts';

describeStorage('metrics', () =>
  Promise.resolve(
    withMetrics(createMemoryStorage({ clock: createFakeClock() }), { clock: createFakeClock() }),
  ),
);

it('counts requests, failures and bytes by operation', async () => {
  const faulty = createFaultyStorage(createMemoryStorage({ clock: createFakeClock() }));
  const meter = new StorageMeter();
  const storage = withMetrics(faulty, { meter, clock: createFakeClock() });
  const id = parseBlobId('p1');

  await storage.put(id, [new Uint8Array(3), new Uint8Array(4)]);
  faulty.inject('put', 1, { kind: 'fail-before' });
  await storage.put(id, [new Uint8Array(9)]).catch(() => undefined);
  await storage.get(id);
  await storage.get(id, { offset: 2, length: 3 });
  await storage.get(parseBlobId('none')).catch(() => undefined);
  await storage.getMetadata(id);
  await collect(storage.list(''));
  faulty.inject('list', 1, { kind: 'fail-before' });
  await collect(storage.list('')).catch(() => undefined);
  await asRetentionExtender(storage)?.extendRetention(id, { mode: 'GOVERNANCE', periodMs: 0 });
  await storage.delete(id);

  const counts = meter.snapshot();
  expect(JSON.parse(JSON.stringify(counts))).toEqual({
    get: { requests: 3, failures: 1, bytes: 10, totalMs: 0, maxMs: 0 },
    getMetadata: { requests: 1, failures: 0, bytes: 0, totalMs: 0, maxMs: 0 },
    list: { requests: 2, failures: 1, bytes: 0, totalMs: 0, maxMs: 0 },
    put: { requests: 2, failures: 1, bytes: 7, totalMs: 0, maxMs: 0 },
    delete: { requests: 1, failures: 0, bytes: 0, totalMs: 0, maxMs: 0 },
    extendRetention: { requests: 1, failures: 0, bytes: 0, totalMs: 0, maxMs: 0 },
  });
  await storage.delete(id);
  expect(counts.delete.requests).toBe(1);
});

it('counts what caches answer by themselves', () => {
  const meter = new StorageMeter();
  meter.countHit(3);
  meter.countHit(4);
  expect(meter.cache).toEqual({ hits: 2, bytes: 7 });
  expect(meter.snapshot().get.requests).toBe(0);
});

it('adds up how long requests took, and keeps the longest', async () => {
  const clock = createFakeClock();
  const meter = new StorageMeter();
  const inner = createMemoryStorage({ clock });
  const id = parseBlobId('p1');
  const slow: BlobStorage = {
    ...inner,
    async get(blob) {
      clock.advance(blob === id ? 30 : 500);
      return await inner.get(blob);
    },
  };
  const storage = withMetrics(slow, { meter, clock });
  await storage.put(id, []);
  for (const blob of [id, id, parseBlobId('none')]) await storage.get(blob).catch(() => undefined);
  expect(meter.snapshot().get).toMatchObject({ requests: 3, totalMs: 560, maxMs: 500 });
});
