import { expect, it } from 'vitest';
import { describeStorage } from '../testing/storage-conformance.ts';
import { collect } from '../testing/collect.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import { createFaultyStorage } from '../testing/faulty-storage.ts';
import { parseBlobId } from './blob-id.ts';
import { createMemoryStorage } from './memory.ts';
import type { BlobStorage } from './storage.ts';
import { withWriteCheck } from './write-check.ts';

const P1 = parseBlobId('p1');
const memory = () => createMemoryStorage({ clock: createFakeClock() });

describeStorage('a checked storage', () => Promise.resolve(withWriteCheck(memory())));

it('notices that a service keeps the framing of a request', async () => {
  const inner = memory();
  const framing: BlobStorage = {
    ...inner,
    put: (id, parts) =>
      inner.put(id, [Buffer.from('3;chunk-signature=0\r\n'), ...parts, Buffer.from('\r\n0\r\n')]),
  };
  const storage = withWriteCheck(framing);
  await storage.put(P1, []);
  for (let i = 0; i < 2; i++)
    await expect(storage.put(P1, [Buffer.from('abc')])).rejects.toMatchObject({
      code: 'STORAGE_UNSUPPORTED',
    });
  expect(await collect(inner.list('z'))).toEqual([]);
});

it('does not mind that somebody else replaces the blob at once', async () => {
  const inner = memory();
  const raced: BlobStorage = {
    ...inner,
    async put(id, parts) {
      await inner.put(id, parts);
      if (id === P1) await inner.put(id, [Buffer.from('another')]);
    },
  };
  await withWriteCheck(raced).put(P1, [Buffer.from('abc')]);
  expect(await collect(inner.list('z'))).toEqual([]);
});

it('notices other bytes of the same length', async () => {
  const inner = memory();
  const storage = withWriteCheck({ ...inner, put: (id) => inner.put(id, [Buffer.from('xyz')]) });
  await expect(storage.put(P1, [Buffer.from('abc')])).rejects.toMatchObject({ code: 'STORAGE_UNSUPPORTED' });
});

it('calls a blob that was taken and not kept a failure that may pass', async () => {
  const inner = memory();
  const storage = withWriteCheck({ ...inner, put: () => Promise.resolve() });
  await expect(storage.put(P1, [Buffer.from('abc')])).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
});

it('reads the first blob, and looks the others up', async () => {
  const inner = createFaultyStorage(memory());
  const storage = withWriteCheck(inner);
  for (let i = 0; i < 3; i++) await storage.put(P1, [Buffer.alloc(3000, i), Buffer.alloc(3000, i)]);
  const [put, look] = ['put', 'getMetadata'];
  expect(inner.calls.map(({ operation }) => operation)).toEqual([put, look, 'get', put, look, put, look]);
});

it.each([
  [0, 'STORAGE_FAILED'],
  [5, 'STORAGE_UNSUPPORTED'],
])('notices a later blob of which only %i bytes were kept', async (length, code) => {
  const inner = memory();
  let isGood = true;
  const storage = withWriteCheck({
    ...inner,
    put: async (id, parts) => {
      if (isGood) return await inner.put(id, parts);
      if (length > 0) await inner.put(id, [Buffer.alloc(length)]);
    },
  });
  await storage.put(parseBlobId('p0'), [Buffer.from('abc')]);
  isGood = false;
  await expect(storage.put(P1, [Buffer.from('abcdefgh')])).rejects.toMatchObject({ code });
});

it('writes a blob again that was not kept whole once', async () => {
  const inner = createFaultyStorage(memory());
  const storage = withWriteCheck(inner);
  await storage.put(parseBlobId('p0'), [Buffer.from('abc')]);
  inner.inject('put', 1, { kind: 'truncate', keep: 2 });
  await storage.put(P1, [Buffer.from('abcdefgh')]);
  expect(Buffer.from(await inner.get(P1)).toString()).toBe('abcdefgh');
});
