import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.ts';
import { createFaultyStorage } from '../testing/faulty-storage.ts';
import { alternating } from './alternating.ts';
import { parseBlobId } from './blob-id.ts';
import { createMemoryStorage } from './memory.ts';
import type { BlobStorage } from './storage.ts';
import { type ProviderCheck, validateProvider } from './validate-provider.ts';
import { collect } from '../testing/collect.ts';

const clock = createFakeClock();
const options = { clock, blobBytes: 100_000, listedBlobs: 100 };
const memory = () => createMemoryStorage({ clock });

const expectations = async (storage: BlobStorage): Promise<string[]> =>
  (await validateProvider(storage, options)).map(({ expectation }) => expectation);

it('finds nothing lacking in a good storage and leaves nothing behind', async () => {
  const storage = memory();
  expect(await validateProvider(storage, options)).toEqual([]);
  const left = await collect(storage.list(''));
  expect(left).toEqual([expect.objectContaining({ length: 6 })]);
  await expect(storage.delete(parseBlobId(left[0]?.id ?? ''))).rejects.toMatchObject({ code: 'BLOB_LOCKED' });
});

it('leaves nothing at all where versions are kept', async () => {
  const storage = createMemoryStorage({ clock, versioned: true });
  expect(await validateProvider(storage, options)).toEqual([]);
  expect(await collect(storage.list(''))).toEqual([]);
});

describe('object lock', () => {
  const lockOutcomes = async (storage: BlobStorage, needsLock = false): Promise<readonly ProviderCheck[]> => {
    const checks: ProviderCheck[] = [];
    const onCheck = (check: ProviderCheck): void => void checks.push(check);
    await validateProvider(storage, { ...options, needsLock, onCheck });
    return checks.filter(({ expectation }) => /\block/.test(expectation));
  };
  // Any wrapper that passes on no powers.
  const without = (): BlobStorage => alternating([memory()]);
  const [canLock, canExtend, stays] = [
    { expectation: 'a blob can be written with a lock', observed: undefined },
    { expectation: 'a lock can be extended', observed: undefined },
    { expectation: 'a locked blob cannot be deleted for good', observed: undefined },
  ];

  it('is tried where there is one', async () => {
    expect(await lockOutcomes(memory())).toEqual([canLock, canExtend, stays]);
  });

  it('is said not to be there, which only matters to a repository that locks', async () => {
    const absent = 'this kind of storage has no object lock';
    expect(await lockOutcomes(without())).toEqual([{ ...canLock, skipped: absent }]);
    expect(await lockOutcomes(without(), true)).toEqual([{ ...canLock, observed: absent }]);
  });

  it('is said to be worthless when versions can be deleted', async () => {
    const versioned = createMemoryStorage({ clock, versioned: true });
    const hides = { ...stays, skipped: expect.stringMatching(/a deletion hides it/) };
    expect(await lockOutcomes(versioned)).toEqual([canLock, canExtend, hides]);
    const eraseVersions = () => Promise.resolve();
    const worthless = { ...stays, observed: 'it was deleted' };
    expect(await lockOutcomes({ ...versioned, eraseVersions } as BlobStorage)).toEqual([
      canLock,
      canExtend,
      worthless,
    ]);
  });
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
    'listings by prefix are complete and say how long blobs are',
    'a listing of many pages is complete',
    'a listing is complete for what stays while others are deleted',
    'of blobs written under one name at once, one stays whole',
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
  expect(told).toHaveLength(23);
  expect(told.filter((observed) => observed !== undefined)).toEqual([
    '0 are missing and 1 too many',
    'no error when it is read',
  ]);
});
