import { expect, it } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.ts';
import { createMemoryStorage } from './memory.ts';
import type { BlobId, BlobStorage } from './storage.ts';
import { tryConcurrently } from './validate-concurrency.ts';

const clock = createFakeClock();
const TEST = { durationMs: 50, putWorkers: 2, getWorkers: 2, getMetadataWorkers: 2, listWorkers: 1 };

const tried = async (changes: (inner: BlobStorage) => Partial<BlobStorage> = () => ({})) => {
  const inner = createMemoryStorage({ clock });
  const storage = { ...inner, ...changes(inner) };
  const seen = await tryConcurrently({ storage, prefix: 'z1', clock, call: {} }, TEST);
  return { seen, inner };
};

it('finds nothing wrong with a good storage, and ends when it should', async () => {
  const startMs = clock.nowMs();
  const { seen, inner } = await tried();
  expect(seen).toBeUndefined();
  expect(clock.nowMs() - startMs).toBeGreaterThanOrEqual(TEST.durationMs);
  const ids: string[] = [];
  for await (const { id } of inner.list('')) ids.push(id);
  expect(ids.length).toBeGreaterThan(2);
  expect(ids.every((id) => id.startsWith('z1-'))).toBe(true);
});

it('finds other bytes, other lengths and listings that lag', async () => {
  const swapped = await tried((inner) => ({
    get: async (id: BlobId) => (await inner.get(id)).fill(0),
  }));
  expect(swapped.seen).toMatch(/other bytes came for z1-/);
  const longer = await tried((inner) => ({
    getMetadata: async (id) => ({ ...(await inner.getMetadata(id)), length: 1 }),
  }));
  expect(longer.seen).toMatch(/said to have 1 bytes/);
  const lagging = await tried(() => ({ async *list() {} }));
  expect(lagging.seen).toMatch(/not listed/);
});

it('rejects with what the storage throws', async () => {
  await expect(tried(() => ({ put: () => Promise.reject(new Error('no')) }))).rejects.toThrow('no');
});
