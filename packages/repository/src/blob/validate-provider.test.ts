import { expect, it } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.ts';
import { createFaultyStorage } from '../testing/faulty-storage.ts';
import { createMemoryStorage } from './memory.ts';
import type { BlobStorage } from './storage.ts';
import { validateProvider } from './validate-provider.ts';
import { collect } from '../testing/collect.ts';

const clock = createFakeClock();
const options = { clock, blobBytes: 100_000 };
const memory = () => createMemoryStorage({ clock });

const expectations = async (storage: BlobStorage): Promise<string[]> =>
  (await validateProvider(storage, options)).map(({ expectation }) => expectation);

it('finds nothing lacking in a good storage and leaves nothing behind', async () => {
  const storage = memory();
  expect(await validateProvider(storage, options)).toEqual([]);
  expect(await collect(storage.list(''))).toEqual([]);
});

it('says that blobs are cut short', async () => {
  const storage = createFaultyStorage(memory());
  storage.inject('put', 1, { kind: 'truncate', keep: 10 });
  expect(await validateProvider(storage, options)).toContainEqual({
    expectation: 'a blob can be read as soon as it is written',
    observed: 'it has 10 bytes instead of 100000',
  });
});

it('says that listings lag', async () => {
  const inner = memory();
  const storage: BlobStorage = { ...inner, async *list() {} };
  expect(await expectations(storage)).toEqual([
    'a blob is listed as soon as it is written',
    'a blob can be replaced, and is then read as the new one',
    'many blobs can be written, read and listed at the same time',
  ]);
});

it('says that ranges and missing blobs are not told apart', async () => {
  const inner = memory();
  const storage: BlobStorage = { ...inner, get: () => Promise.resolve(new Uint8Array()) };
  expect(await expectations(storage)).toEqual(
    expect.arrayContaining(['a missing blob is said to be missing', 'parts of a blob can be read']),
  );
});

it('says that the clocks differ', async () => {
  const later = createFakeClock(clock.nowMs() + 3_600_000);
  expect(await validateProvider(createMemoryStorage({ clock: later }), options)).toEqual([
    {
      expectation: "the storage's clock agrees with this machine's within 5 minutes",
      observed: 'the storage is 60 minutes ahead',
    },
  ]);
});

it('stops when it is aborted, and tidies up', async () => {
  const storage = memory();
  const abort = new AbortController();
  const reason = new Error('the test gave up');
  const aborting: BlobStorage = {
    ...storage,
    async put(id, parts) {
      await storage.put(id, parts);
      abort.abort(reason);
    },
  };
  await expect(validateProvider(aborting, { ...options, signal: abort.signal })).rejects.toBe(reason);
  expect(await collect(storage.list(''))).toEqual([]);
});

it('says that connections do not see what others wrote', async () => {
  const lacks = await validateProvider(memory(), { ...options, otherConnections: [memory()] });
  expect(lacks.map(({ expectation }) => expectation)).toContain(
    'a blob can be read as soon as it is written',
  );
});

it('tells of each check when it is done', async () => {
  const told: (string | undefined)[] = [];
  const inner = memory();
  const storage: BlobStorage = { ...inner, delete: () => Promise.resolve() };
  const onCheck = ({ observed }: { readonly observed: string | undefined }): void => void told.push(observed);
  await validateProvider(storage, { ...options, onCheck });
  expect(told).toHaveLength(12);
  expect(told.filter((observed) => observed !== undefined)).toEqual([
    '0 are missing and 1 too many',
    'no error when it is read',
  ]);
});
