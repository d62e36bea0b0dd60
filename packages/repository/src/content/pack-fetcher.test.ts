import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseBlobId } from '../blob/blob-id.ts';
import { createMemoryStorage } from '../blob/memory.ts';
import type { BlobStorage } from '../blob/storage.ts';
import type { StoredCache, StoredPlace } from '../cache/stored-cache.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import { createFaultyStorage } from '../testing/faulty-storage.ts';
import type { FetchedContents } from './fetched-contents.ts';
import { PackFetcher } from './pack-fetcher.ts';
import { RangeCache } from './range-cache.ts';
import { type RangeReader, storageRanges } from './range-reader.ts';
import type { PackPlace } from './ranges.ts';

const KIB = 1 << 10;
const PACK_BYTES = 64 * KIB;
const packs = ['p1', 'p2', 'p3'];
const rule = { maxBytes: 8 * KIB, maxWaste: 0.1, slackBytes: 0 };

/** Byte `i` of a pack tells where it is from. */
function byteOf(pack: string, i: number): number {
  return (i * 7 + pack.charCodeAt(1) * 31 + (i >> 8)) & 0xff;
}

async function storageWithPacks(): Promise<BlobStorage> {
  const storage = createMemoryStorage({ clock: createFakeClock() });
  for (const pack of packs)
    await storage.put(parseBlobId(pack), [
      Uint8Array.from({ length: PACK_BYTES }, (_, i) => byteOf(pack, i)),
    ]);
  return storage;
}

/** A reader that counts, and whose answers take a while. */
function slowReader(storage: BlobStorage) {
  const inner = storageRanges(storage);
  const seen = { requests: 0, bytes: 0, atOnce: 0, most: 0 };
  const reader: RangeReader = {
    async read(pack, range, options) {
      seen.requests++;
      seen.bytes += range.length;
      seen.most = Math.max(seen.most, ++seen.atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      seen.atOnce--;
      return await inner.read(pack, range, options);
    },
  };
  return { seen, reader };
}

function bytesIn({ memory, ranges }: FetchedContents, place: PackPlace): Uint8Array | undefined {
  const range = ranges.find(
    ({ packBlobId, offset, length }) =>
      packBlobId === place.packBlobId &&
      offset <= place.packOffset &&
      place.packOffset + place.packedLength <= offset + length,
  );
  return range && new Uint8Array(memory, range.at + place.packOffset - range.offset, place.packedLength);
}

function expectBytes(contents: FetchedContents, place: PackPlace): void {
  expect([...(bytesIn(contents, place) ?? [])]).toEqual([...plainBytes(place)]);
}

function plainBytes({ packBlobId, packOffset, packedLength }: PackPlace): Uint8Array {
  return Uint8Array.from({ length: packedLength }, (_, i) => byteOf(packBlobId, packOffset + i));
}

/** A place whose content is named after it. */
function placeOf(packBlobId: string, packOffset: number, packedLength: number): StoredPlace {
  const key = Buffer.from(`\0${packBlobId} ${packOffset} ${packedLength}`);
  return { key, packBlobId, packOffset, packedLength };
}

const place = fc
  .record({
    packBlobId: fc.constantFrom(...packs),
    packOffset: fc.nat(PACK_BYTES - KIB),
    packedLength: fc.integer({ min: 1, max: KIB }),
  })
  .map(({ packBlobId, packOffset, packedLength }) => placeOf(packBlobId, packOffset, packedLength));

it('gives many callers at once the right bytes, whatever is let go meanwhile, in the memory it has', async () => {
  const storage = await storageWithPacks();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(place, { maxLength: 6 }), { maxLength: 20 }), async (batches) => {
      const fetcher = new PackFetcher({ reader: slowReader(storage).reader, memoryBytes: 16 * KIB });
      await Promise.all(
        batches.map(async (batch) => {
          const held = await fetcher.fetch(batch);
          await new Promise((resolve) => setImmediate(resolve));
          for (const one of batch) if (bytesIn(held.contents, one)) expectBytes(held.contents, one);
          held.release();
        }),
      );
    }),
    { numRuns: 60 },
  );
});

it('leaves nothing out that fits in its memory', async () => {
  const storage = await storageWithPacks();
  const fetcher = new PackFetcher({ reader: storageRanges(storage), memoryBytes: 64 * KIB });
  await fc.assert(
    fc.asyncProperty(fc.array(place, { maxLength: 20 }), async (batch) => {
      const held = await fetcher.fetch(batch, { isOneFile: true });
      for (const one of batch) expectBytes(held.contents, one);
      held.release();
    }),
  );
});

it('asks once for neighbours, and not again for what is still there', async () => {
  const { seen, reader } = slowReader(await storageWithPacks());
  const fetcher = new PackFetcher({ reader, memoryBytes: 256 * KIB });
  const batch = [0, 1, 2, 3].map((i) => placeOf('p1', i * KIB, KIB));
  const [one, two] = await Promise.all([fetcher.fetch(batch), fetcher.fetch(batch.slice(2))]);
  one.release();
  two.release();
  (await fetcher.fetch(batch)).release();
  expect(seen).toMatchObject({ requests: 1, bytes: 4 * KIB });
});

it('keeps what is wanted again and again while others come and go', async () => {
  const { seen, reader } = slowReader(await storageWithPacks());
  const fetcher = new PackFetcher({ reader, memoryBytes: 32 * KIB });
  const again = placeOf('p1', 0, 4 * KIB);
  const use = async (one: StoredPlace): Promise<void> => (await fetcher.fetch([one])).release();
  await use(again);
  for (let i = 0; i < 4; i++) {
    await use(again);
    for (let j = 0; j < 12; j++) await use(placeOf('p2', (i * 12 + j) * KIB, KIB));
    await Promise.all(
      Array.from({ length: 12 }, async (_, j) => await use(placeOf('p3', j * 4 * KIB, 4 * KIB))),
    );
  }
  const asked = seen.requests;
  await use(again);
  expect(seen.requests).toBe(asked);
});

it('fetches little beside what one file needs', async () => {
  const { seen, reader } = slowReader(await storageWithPacks());
  const fetcher = new PackFetcher({ reader, memoryBytes: 256 * KIB });
  const batch = [0, 3, 6, 9].map((i) => placeOf('p1', i * KIB, KIB));
  (await fetcher.fetch(batch, { isOneFile: true })).release();
  expect(seen).toMatchObject({ requests: 4, bytes: 4 * KIB, most: 4 });
});

it('waits for room, with its reason to stop', async () => {
  const fetcher = new PackFetcher({ reader: storageRanges(await storageWithPacks()), memoryBytes: 8 * KIB });
  const at = (packOffset: number): StoredPlace[] => [placeOf('p1', packOffset, 4 * KIB)];
  const held = [await fetcher.fetch(at(0)), await fetcher.fetch(at(8 * KIB))];
  const abort = new AbortController();
  const reason = new Error('enough');
  const given = fetcher.fetch(at(16 * KIB), { signal: abort.signal });
  const waiting = fetcher.fetch(at(24 * KIB));
  setImmediate(() => abort.abort(reason));
  await expect(given).rejects.toBe(reason);
  held[0]?.release();
  const got = await waiting;
  expect(got.contents.ranges).toHaveLength(1);
});

it('does not wait for itself where what it holds is in its own way', async () => {
  const fetcher = new PackFetcher({ reader: storageRanges(await storageWithPacks()), memoryBytes: 8 * KIB });
  // Others hold the first and the third quarter, so that this caller's blocks come to lie apart.
  const first = await fetcher.fetch([placeOf('p1', 0, 2 * KIB)]);
  const second = await fetcher.fetch([placeOf('p1', 10 * KIB, KIB)]);
  const third = await fetcher.fetch([placeOf('p1', 20 * KIB, 3 * KIB)]);
  second.release();
  const own = fetcher.fetch([
    placeOf('p2', 0, KIB),
    placeOf('p2', 20 * KIB, 2 * KIB),
    placeOf('p3', 0, 3 * KIB),
  ]);
  first.release();
  third.release();
  const { contents } = await own;
  expect(contents.ranges.length).toBeGreaterThanOrEqual(2);
});

it('says what it could not fetch, and leaves what may be readable in part', async () => {
  const storage = createFaultyStorage(await storageWithPacks());
  const fetcher = new PackFetcher({ reader: storageRanges(storage), memoryBytes: 256 * KIB });
  const places = [placeOf('p1', 0, 10), placeOf('p2', PACK_BYTES - 5, 10), placeOf('p9', 0, 10)];
  storage.inject('get', 1, { kind: 'truncate', keep: 3 });
  const held = await fetcher.fetch(places);
  expect(held.contents.ranges).toEqual([]);
  expect(held.contents.failures).toMatchObject([
    { packBlobId: 'p1', error: { code: 'STORAGE_FAILED', detail: { blob: 'p1' } } },
    { packBlobId: 'p9', error: { code: 'BLOB_NOT_FOUND', detail: { blob: 'p9' } } },
  ]);
  held.release();
  // A failure is not kept.
  expect((await fetcher.fetch(places)).contents.ranges).toMatchObject([{ packBlobId: 'p1' }]);
});

it('streams sorted contents in order, some ahead, failures in their place', async () => {
  const { seen, reader } = slowReader(await storageWithPacks());
  const fetcher = new PackFetcher({ reader, memoryBytes: 20 * KIB });
  const places = ['p1', 'p2', 'p9'].flatMap((packBlobId) =>
    [0, 1, 2, 3].map((i) => ({ packBlobId, packOffset: i * 5 * KIB, packedLength: 4 * KIB })),
  );
  const got: string[] = [];
  for await (const streamed of fetcher.stream(places, { rule, ahead: 3, signal: undefined })) {
    const { packBlobId, offset } = streamed.range;
    got.push(`${packBlobId} ${offset} ${'error' in streamed ? 'missing' : streamed.bytes.length}`);
    if (!('error' in streamed)) expect(streamed.bytes[1]).toBe(byteOf(packBlobId, offset + 1));
  }
  expect(got).toHaveLength(12);
  expect(got.filter((line) => line.endsWith('missing'))).toHaveLength(4);
  expect(got).toEqual(
    got
      .toSorted((a, b) => Number(a.split(' ')[1]) - Number(b.split(' ')[1]))
      .toSorted((a, b) => a.slice(0, 2).localeCompare(b.slice(0, 2))),
  );
  expect(seen.most).toBeGreaterThan(1);
});

it.each([8, 16])(
  'gives everything back when a stream is left early, with room for few (%i KiB)',
  async (kib) => {
    const fetcher = new PackFetcher({
      reader: storageRanges(await storageWithPacks()),
      memoryBytes: kib * KIB,
    });
    const places = [0, 1, 2, 3, 4].map((i) => ({
      packBlobId: 'p1',
      packOffset: i * 10 * KIB,
      packedLength: 4 * KIB,
    }));
    for await (const _ of fetcher.stream(places, { rule, ahead: 3, signal: undefined })) break;
    const held = await fetcher.fetch([placeOf('p2', 0, 3 * KIB)]);
    const other = await fetcher.fetch([placeOf('p3', 0, 3 * KIB)]);
    expect([held, other].map(({ contents }) => contents.ranges.length)).toEqual([1, 1]);
  },
);

/** A cache of that many bytes, in memory. */
function memoryCache(contentBytes = 1 << 20) {
  const kept = new Map<string, Uint8Array>();
  const nameOf = ({ key }: StoredPlace): string => Buffer.from(key).toString();
  const cache: StoredCache = {
    contentBytes,
    has: (each) => kept.has(nameOf(each)),
    get: (each) => kept.get(nameOf(each)),
    async put(each, stored) {
      const copy = stored.slice();
      await new Promise((resolve) => setImmediate(resolve));
      // What was handed over must not change meanwhile.
      expect(Buffer.compare(stored, copy)).toBe(0);
      kept.set(nameOf(each), copy);
    },
    discard: (each) => kept.delete(nameOf(each)),
    packFile: () => Promise.resolve(undefined),
  };
  return { kept, cache };
}

it('asks the cache first, gives the right bytes, and keeps what it fetched', async () => {
  const storage = await storageWithPacks();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(place, { maxLength: 6 }), { maxLength: 10 }), async (batches) => {
      const { kept, cache } = memoryCache();
      const ranges = new RangeCache(cache);
      for (const memoryBytes of [16 * KIB, 64 * KIB]) {
        const fetcher = new PackFetcher({ reader: storageRanges(storage), memoryBytes, cache: ranges });
        await Promise.all(
          batches.map(async (batch) => {
            const held = await fetcher.fetch(batch);
            for (const one of batch) if (bytesIn(held.contents, one)) expectBytes(held.contents, one);
            held.release();
          }),
        );
        await ranges.settled();
      }
      for (const one of batches.flat()) {
        const stored = kept.get(Buffer.from(one.key).toString());
        if (stored !== undefined) expect(stored).toEqual(plainBytes(one));
      }
    }),
    { numRuns: 40 },
  );
});

it('fetches only what the cache lacks', async () => {
  const { seen, reader } = slowReader(await storageWithPacks());
  const { kept, cache } = memoryCache();
  const ranges = new RangeCache(cache);
  const batch = [0, 1, 2, 3, 4].map((i) => placeOf('p1', i * KIB, KIB));
  const fetch = async (places: readonly StoredPlace[]): Promise<void> => {
    const fetcher = new PackFetcher({ reader, memoryBytes: 256 * KIB, cache: ranges });
    const held = await fetcher.fetch(places, { isOneFile: true });
    for (const one of places) expectBytes(held.contents, one);
    held.release();
    await ranges.settled();
  };
  await fetch(batch.slice(0, 2));
  expect(seen).toMatchObject({ requests: 1, bytes: 2 * KIB });
  await fetch(batch);
  expect(seen).toMatchObject({ requests: 2, bytes: 5 * KIB });
  await fetch(batch);
  expect(seen).toMatchObject({ requests: 2, bytes: 5 * KIB });
  // Gone between the look and the reading.
  cache.get = () => undefined;
  await fetch(batch);
  expect(seen.bytes).toBe(10 * KIB);
  expect(kept.size).toBe(5);
});

it('keeps no more than the cache holds', async () => {
  const { kept, cache } = memoryCache(3 * KIB);
  const ranges = new RangeCache(cache);
  const reader = storageRanges(await storageWithPacks());
  const fetcher = new PackFetcher({ reader, memoryBytes: 256 * KIB, cache: ranges });
  (await fetcher.fetch([0, 1, 2, 3, 4].map((i) => placeOf('p1', i * KIB, KIB)))).release();
  await ranges.settled();
  expect([...kept.keys()]).toEqual([0, 1, 2].map((i) => `\0p1 ${i * KIB} ${KIB}`));
});
