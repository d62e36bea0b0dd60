import { readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { createMemoryStorage } from '../blob/memory.ts';
import type { BlobMetadata, BlobStorage } from '../blob/storage.ts';
import { repositoryErrorCode } from '../errors.ts';
import { encodeIndex } from '../index/builder.ts';
import type { IndexEntry } from '../index/entry.ts';
import { supersedes } from '../index/precedence.ts';
import { sealBlob } from '../sealed/sealed-blob.ts';
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts';
import { createFaultyStorage, type FaultyStorage } from '../testing/faulty-storage.ts';
import { overlappingIndexes } from '../testing/index-entries.ts';
import { createTestCrypto } from '../testing/sealing-crypto.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { IndexView } from './index-view.ts';

const crypto = createTestCrypto();

interface Rig {
  readonly clock: FakeClock;
  readonly storage: FaultyStorage;
  readonly directory: string;
  readonly view: IndexView;
  /** The set that counts from now on. */
  active: BlobMetadata[];
  watermarkSeconds: number;
  /** Stores an index; the result is what a listing says of it. */
  put(entries: readonly IndexEntry[]): Promise<BlobMetadata>;
}

function createRig(
  directory: string,
  inner: BlobStorage = createMemoryStorage({ clock: createFakeClock() }),
): Rig {
  const clock = createFakeClock();
  const storage = createFaultyStorage(inner);
  const rig: Rig = {
    clock,
    storage,
    directory,
    active: [],
    watermarkSeconds: 0,
    view: new IndexView({
      storage,
      crypto,
      directory,
      clock,
      pageBytes: 1 << 20,
      indexBlobs: {
        activeBlobs: async () =>
          await Promise.resolve({
            blobs: rig.active,
            deletionWatermarkSeconds: rig.watermarkSeconds,
          }),
      },
    }),
    put: async (entries) => {
      const { id, bytes } = sealBlob('x', encodeIndex(entries, 2), 's0123456789abcdef147', crypto);
      await inner.put(id, [bytes]);
      return await inner.getMetadata(id);
    },
  };
  return rig;
}

/** What the view must show of several lists. */
function modelOf(
  lists: readonly (readonly IndexEntry[])[],
  watermarkSeconds: number,
): Map<string, IndexEntry> {
  const winners = new Map<string, IndexEntry>();
  for (const entry of lists.flat()) {
    const name = Buffer.from(entry.key).toString('hex');
    const known = winners.get(name);
    if (known === undefined || supersedes(entry, known)) winners.set(name, entry);
  }
  for (const [name, entry] of winners)
    if (entry.deleted && entry.timestampSeconds <= watermarkSeconds) winners.delete(name);
  return winners;
}

const byName = (entries: Iterable<IndexEntry>): Map<string, IndexEntry> =>
  new Map(Array.from(entries, (entry) => [Buffer.from(entry.key).toString('hex'), entry]));

describe('an index view', () => {
  test('shows the winning entry of every content', async () => {
    await fc.assert(
      fc.asyncProperty(overlappingIndexes(), fc.nat(4), async (lists, watermark) => {
        using directory = temporaryDirectory();
        const rig = createRig(directory.path);
        rig.watermarkSeconds = watermark;
        for (const list of lists) if (list.length > 0) rig.active.push(await rig.put(list));
        await rig.view.refresh();
        const model = modelOf(lists, watermark);
        expect(byName(rig.view.entries())).toEqual(model);
        for (const { key } of lists.flat())
          expect(rig.view.find(key)).toEqual(model.get(Buffer.from(key).toString('hex')));
        rig.view.close();
      }),
      { numRuns: 50 },
    );
  });

  test('lists by prefix', async () => {
    using directory = temporaryDirectory();
    const rig = createRig(directory.path);
    rig.active = [await rig.put([entryOf(0, 1), entryOf(0x6b, 1), entryOf(0x6d, 1)])];
    await rig.view.refresh();
    const letters = (prefix?: string): number[] =>
      [...rig.view.entries(prefix)].map(({ key }) => key[0] ?? -1);
    expect([letters(''), letters('k'), letters('n'), letters()]).toEqual([[0], [0x6b], [], [0, 0x6b, 0x6d]]);
    rig.view.close();
  });

  test('reads no blob twice, and none when nothing changed', async () => {
    using directory = temporaryDirectory();
    const rig = createRig(directory.path);
    rig.active = [await rig.put([entryOf(0, 1)])];
    await rig.view.refresh();
    await rig.view.refresh();
    rig.active.push(await rig.put([entryOf(0, 2)]));
    await rig.view.refresh();
    expect(rig.storage.calls.filter(({ operation }) => operation === 'get')).toHaveLength(2);
    expect([...rig.view.entries()]).toHaveLength(2);
    rig.view.close();
  });

  test('starts afresh when its files are gone', async () => {
    using directory = temporaryDirectory();
    const rig = createRig(directory.path);
    rig.active = [await rig.put([entryOf(0, 1)])];
    await rig.view.refresh();
    for (const name of readdirSync(rig.directory)) rmSync(path.join(rig.directory, name));
    await rig.view.refresh();
    expect([...rig.view.entries()]).toHaveLength(1);
    rig.view.close();
  });

  test('sees its own index before any listing does, and once only afterwards', async () => {
    using directory = temporaryDirectory();
    const rig = createRig(directory.path);
    rig.active = [await rig.put([entryOf(0, 1), entryOf(0, 2)])];
    await rig.view.refresh();
    const before = rig.view.paths;
    const own = [{ ...entryOf(0, 2), deleted: true, timestampSeconds: 99 }, entryOf(0, 3)];
    rig.view.addOwn('session-0', encodeIndex(own, 2));
    expect(rig.view.paths).not.toBe(before);
    expect(rig.view.paths).toHaveLength(2);
    const shown = new Map([...rig.view.entries()].map(({ key, deleted }) => [key[1], deleted]));
    expect(shown).toEqual(new Map([1, 2, 3].map((fill) => [fill, fill === 2])));
    rig.active.push(await rig.put(own));
    await rig.view.refresh();
    expect(rig.view.paths).toHaveLength(1);
    expect([...rig.view.entries()]).toHaveLength(3);
    rig.view.close();
  });

  test('asks again when a blob vanishes between listing and reading', async () => {
    using directory = temporaryDirectory();
    const rig = createRig(directory.path);
    const replaced = await rig.put([entryOf(0, 1)]);
    const replacement = await rig.put([entryOf(0, 1), entryOf(0, 2)]);
    await rig.storage.delete(replaced.id);
    rig.active = [replaced];
    const refreshed = rig.view.refresh();
    rig.active = [replacement];
    await refreshed;
    expect([...rig.view.entries()]).toHaveLength(2);
    expect(rig.storage.calls.filter(({ operation }) => operation === 'get')).toHaveLength(2);
    rig.view.close();
  });

  test('gives up when a blob stays away', async () => {
    using directory = temporaryDirectory();
    const rig = createRig(directory.path);
    rig.active = [await rig.put([entryOf(0, 1)])];
    for (const { id } of rig.active) await rig.storage.delete(id);
    const error: unknown = await rig.view.refresh().catch((thrown: unknown) => thrown);
    expect(repositoryErrorCode(error)).toBe('BLOB_NOT_FOUND');
  });

  test('refuses a damaged blob by its name and keeps what it had', async () => {
    using directory = temporaryDirectory();
    const rig = createRig(directory.path);
    rig.active = [await rig.put([entryOf(0, 1)])];
    await rig.view.refresh();
    const damaged = await rig.put([entryOf(0, 2)]);
    const bytes = await rig.storage.get(damaged.id);
    await rig.storage.put(damaged.id, [bytes.with(20, (bytes[20] ?? 0) ^ 1)]);
    rig.active.push(damaged);
    await expect(rig.view.refresh()).rejects.toThrow(damaged.id);
    expect([...rig.view.entries()].map(({ key }) => key[1])).toEqual([1]);
    rig.view.close();
  });

  test('fetches a large index piece by piece, and keeps nothing of a damaged one', async () => {
    using directory = temporaryDirectory();
    const rig = createRig(directory.path);
    const count = 140_000;
    const entries = Array.from({ length: count }, (_, i) => numberedEntry(i));
    const blob = await rig.put(entries);
    rig.active = [blob];
    rig.storage.inject('get', 2, { kind: 'fail-before' });
    await expect(rig.view.refresh()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(readdirSync(rig.directory)).toEqual([]);
    const sound = await rig.storage.get(blob.id);
    const damaged = sound.slice();
    const middle = blob.length >> 1;
    damaged[middle] = 1 + (damaged[middle] ?? 0);
    await rig.storage.put(blob.id, [damaged]);
    await expect(rig.view.refresh()).rejects.toMatchObject({
      code: 'CONTENT_CORRUPT',
      detail: { blob: blob.id },
    });
    expect(readdirSync(rig.directory)).toEqual([]);
    await rig.storage.put(blob.id, [sound]);
    await rig.view.refresh();
    expect(rig.view.count).toBe(count);
    for (const i of [0, 77_777, count - 1])
      expect(rig.view.find(numberedEntry(i).key)).toEqual(numberedEntry(i));
    rig.view.close();
  });

  describe('checks what an earlier process left', () => {
    /** What another process finds in a cache that `change` was let loose on: the contents, and what it had to fetch. */
    async function reopened(change: (directory: string) => void) {
      using directory = temporaryDirectory();
      const first = createRig(directory.path);
      first.active = [await first.put(FEW), await first.put([entryOf(0, 9)])];
      await first.view.refresh();
      first.view.close();
      change(directory.path);
      const second = createRig(directory.path, first.storage);
      second.active = first.active;
      await second.view.refresh();
      await second.view.refresh();
      const entries = byName(second.view.entries());
      second.view.close();
      return { entries, fetched: second.storage.calls.filter(({ operation }) => operation === 'get').length };
    }

    const merged = (directory: string): string => fileWith(directory, 'merged-');
    const copy = (directory: string): string => fileWith(directory, 'x');

    test('and fetches nothing while it is sound', async () => {
      const { entries, fetched } = await reopened(() => undefined);
      expect([entries.size, fetched]).toEqual([FEW.length + 1, 0]);
    });

    test('merges again when any byte of a merged file is another', async () => {
      const wanted = byName([...FEW, entryOf(0, 9)]);
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
          const { entries, fetched } = await reopened((directory) => flip(merged(directory), at, mask));
          expect(entries).toEqual(wanted);
          expect(fetched).toBe(0);
        }),
        { numRuns: 60 },
      );
    });

    test('fetches again what is damaged when it has to merge', async () => {
      const wanted = byName([...FEW, entryOf(0, 9)]);
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
          const { entries, fetched } = await reopened((directory) => {
            rmSync(merged(directory));
            flip(copy(directory), at, mask);
          });
          expect(entries).toEqual(wanted);
          expect(fetched).toBe(1);
        }),
        { numRuns: 60 },
      );
    });

    test.each([0, 1, 40, -1])('passes over files that end at byte %i', async (length) => {
      const { entries, fetched } = await reopened((directory) => {
        for (const file of [merged(directory), copy(directory)])
          truncateSync(file, length < 0 ? readFileSync(file).length + length : length);
      });
      expect([entries.size, fetched]).toEqual([FEW.length + 1, 1]);
    });
  });

  test('tidies up merges that nobody has used for a day', async () => {
    using directory = temporaryDirectory();
    const rig = createRig(directory.path);
    const old = path.join(rig.directory, 'merged-old.sndx');
    writeFileSync(old, '');
    utimesSync(old, new Date(0), new Date(0));
    rig.active = [await rig.put([entryOf(0, 1)])];
    await rig.view.refresh();
    expect(readdirSync(rig.directory)).not.toContain('merged-old.sndx');
    rig.view.close();
  });
});

function fileWith(directory: string, start: string): string {
  const name = readdirSync(directory).find((each) => each.startsWith(start));
  if (name === undefined) throw new Error(`no file ${start} in ${directory}`);
  return path.join(directory, name);
}

/** Changes one byte of a file. */
function flip(file: string, at: number, mask: number): void {
  const bytes = readFileSync(file);
  const place = at % bytes.length;
  writeFileSync(file, bytes.with(place, (bytes[place] ?? 0) ^ mask));
}

/** An entry with a key of its own, in the order of the numbers. */
function numberedEntry(number: number): IndexEntry {
  const key = new Uint8Array(17);
  new DataView(key.buffer).setUint32(1, number);
  return { ...entryOf(0, 0), key };
}

function entryOf(letter: number, fill: number): IndexEntry {
  return {
    key: Uint8Array.of(letter, ...new Uint8Array(16).fill(fill)),
    packBlobId: `p${'1'.repeat(32)}-s1`,
    packOffset: 100,
    packedLength: 50,
    originalLength: 22,
    timestampSeconds: 5,
    deleted: false,
    formatVersion: 3,
    compressionHeaderId: 0,
    encryptionKeyId: 0,
  };
}

const FEW = [entryOf(0, 1), entryOf(0x6b, 1), entryOf(0x6d, 2)];
