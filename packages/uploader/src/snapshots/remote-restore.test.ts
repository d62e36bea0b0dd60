import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import {
  type BlobStorage,
  createMemoryStorage,
  createRepository,
  type OpenRepositoryOptions,
  parseBlobId,
  parseObjectId,
  readObject,
  Repository,
  systemClock,
} from '@holdfast/repository';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { collect } from '../../../repository/src/testing/collect.ts';
import { temporaryDirectory } from '../../../repository/src/testing/temporary-directory.ts';
import { DEFAULT_RESTORE_OPTIONS } from '../restore/options.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import { findEntry } from './find-entry.ts';
import { restoreSnapshot } from './restore-snapshot.ts';
import { listSnapshots } from './snapshot-store.ts';
import { uploadSnapshot } from './upload-snapshot.ts';
import { verifySnapshots } from './verify-snapshots.ts';

/* A storage that threads can't read by themselves: its packs are fetched in ranges. */

const MIB = 1 << 20;
const directory = temporaryDirectory();
const tree = path.join(directory.path, 'tree');
/** Bytes of data packs that were asked for. */
let asked: { readonly pack: string; readonly bytes: number }[] = [];
let inner: BlobStorage;
let storage: BlobStorage;
let openings = 0;

beforeAll(async () => {
  mkdirSync(path.join(tree, 'small'), { recursive: true });
  for (let i = 0; i < 600; i++)
    writeFileSync(path.join(tree, 'small', `f${i}`), `small file ${i} `.repeat(20));
  for (const name of ['one', 'two']) writeFileSync(path.join(tree, name), randomBytes(40 * MIB));
  writeFileSync(path.join(tree, 'middle'), randomBytes(9 * MIB));
  // The same megabytes again and again.
  writeFileSync(path.join(tree, 'same'), Buffer.alloc(100 * MIB, randomBytes(4 * MIB)));
  inner = createMemoryStorage({ clock: systemClock });
  const repository = await createRepository({ ...options(inner), format: { splitter: 'FIXED-4M' } });
  await uploadSnapshot(repository, { source: { userName: 'me', host: 'here', path: tree }, path: tree });
  await repository.close();
});
afterAll(() => directory[Symbol.dispose]());

beforeEach(() => {
  asked = [];
  storage = {
    ...inner,
    async get(id, range, call) {
      const bytes = await inner.get(id, range, call);
      if (id.startsWith('p')) asked.push({ pack: id, bytes: bytes.length });
      return bytes;
    },
  };
});
const target = path.join(directory.path, 'restored');
afterEach(() => rmSync(target, { recursive: true, force: true }));

function options(of: BlobStorage) {
  const cacheDirectory = path.join(directory.path, `cache-${openings++}`);
  const client = { username: 'me', hostname: 'here' };
  return { storage: of, password: 'password', cacheDirectory, client, workers: 2 };
}

/** In place of an empty cache of its own for each opening, and one for indexes only. */
let shared: Pick<OpenRepositoryOptions, 'cacheDirectory' | 'caching'> | undefined;

async function withRoot<T>(use: (repository: Repository, root: DirectoryEntry) => Promise<T>): Promise<T> {
  const repository = await Repository.open({ ...options(storage), ...shared });
  try {
    const [snapshot] = await listSnapshots(repository);
    if (snapshot?.rootEntry === undefined) throw new Error('no snapshot');
    asked = [];
    return await use(repository, snapshot.rootEntry);
  } finally {
    await repository.close();
  }
}

async function restore(name?: string) {
  return await withRoot(async (repository, root) => {
    const entry = name === undefined ? root : await findEntry(repository, `${root.objectId}/${name}`);
    return await restoreSnapshot(repository, { entry, target, options: DEFAULT_RESTORE_OPTIONS });
  });
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function downloaded(): number {
  return asked.reduce((sum, { bytes }) => sum + bytes, 0);
}

async function dataPacks() {
  return (await collect(inner.list('p'))).toSorted((a, b) => b.length - a.length);
}

describe('a restore from afar', () => {
  it('brings everything back, fetching little more than there is', async () => {
    expect(await restore()).toMatchObject({ failedCount: 0 });
    const files = readdirSync(tree, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    expect(files).toHaveLength(604);
    for (const { parentPath, name } of files) {
      const relative = path.relative(tree, path.join(parentPath, name));
      expect(hashOf(path.join(target, relative)), relative).toBe(hashOf(path.join(tree, relative)));
    }
    const stored = (await dataPacks()).reduce((sum, { length }) => sum + length, 0);
    expect(downloaded()).toBeLessThan(stored * 1.1);
    // Neighbours come together.
    expect(asked.length).toBeLessThan(80);
    expect(Math.max(...asked.map(({ bytes }) => bytes))).toBeLessThanOrEqual(8 * MIB);
  });

  it.each([
    ['one', 40],
    ['middle', 9],
    ['same', 4],
  ])('of one file fetches what that consists of: %s', async (name, mebibytes) => {
    expect(await restore(name)).toMatchObject({ failedCount: 0 });
    expect(hashOf(target)).toBe(hashOf(path.join(tree, name)));
    expect(downloaded()).toBeLessThan(mebibytes * MIB * 1.2);
  });

  it('fetches nothing for files that are there', async () => {
    await restore();
    const again = await withRoot(
      async (repository, entry) =>
        await restoreSnapshot(repository, {
          entry,
          target,
          options: { ...DEFAULT_RESTORE_OPTIONS, skipExisting: true },
        }),
    );
    expect(again.failedCount).toBe(0);
    expect(asked).toEqual([]);
  });
});

describe('a restore with a cache', () => {
  const limits = { softBytes: 1 << 30, hardBytes: 0, minSweepAgeMs: 0 };
  const cacheDirectory = path.join(directory.path, 'shared-cache');
  const open = (contents = limits): void => {
    shared = { cacheDirectory, caching: { contents, metadata: limits, minIndexSweepAgeMs: 0 } };
  };
  beforeEach(() => open());
  afterEach(() => {
    shared = undefined;
    rmSync(cacheDirectory, { recursive: true, force: true });
  });
  const entries = (): string[] =>
    readdirSync(path.join(cacheDirectory, 'contents'), { recursive: true, withFileTypes: true })
      .filter(({ name }) => name.endsWith('.f'))
      .map(({ parentPath, name }) => path.join(parentPath, name));
  const restoreSound = async (names: readonly string[] = ['middle', 'small']): Promise<number> => {
    let bytes = 0;
    for (const name of names) {
      expect(await restore(name)).toMatchObject({ failedCount: 0 });
      bytes += downloaded();
      const sample = name === 'small' ? 'f7' : '';
      expect(hashOf(path.join(target, sample)), name).toBe(hashOf(path.join(tree, name, sample)));
      rmSync(target, { recursive: true });
    }
    return bytes;
  };

  it('downloads nothing the second time, and again what is damaged on the disk', async () => {
    const first = await restoreSound();
    expect(first).toBeGreaterThan(9 * MIB);
    // What a full memory leaves no time for may be missing.
    expect(await restoreSound()).toBeLessThan(first / 10);
    const [entry = ''] = entries().filter((file) => statSync(file).size > MIB);
    writeFileSync(entry, readFileSync(entry).fill(1, 1000, 1001));
    const again = await restoreSound();
    expect(again).toBeGreaterThan(0);
    expect(again).toBeLessThan(first / 10 + 4 * MIB + 100);
  });

  it('takes what other commands kept', async () => {
    const hash = hashOf(path.join(tree, 'middle'));
    await withRoot(async (repository, root) => {
      const entry = await findEntry(repository, `${root.objectId}/middle`);
      const read = createHash('sha256');
      for await (const bytes of readObject(repository.contents, parseObjectId(entry.objectId)))
        read.update(bytes);
      expect(read.digest('hex')).toBe(hash);
    });
    await restore('middle');
    expect([hashOf(target), downloaded()]).toEqual([hash, 0]);
  });

  it('asks the storage again where that had sent something else', async () => {
    const sound = storage;
    storage = {
      ...sound,
      get: async (id, range, call) => {
        const bytes = await sound.get(id, range, call);
        return id.startsWith('p') ? Uint8Array.from(bytes).fill(1, 100, 110) : bytes;
      },
    };
    // Many parts of this one are the same content.
    expect((await restore('same')).failedCount).toBe(1);
    storage = sound;
    await restoreSound(['same']);
  });

  it('keeps no more than there is room for', async () => {
    open({ ...limits, softBytes: 6 * MIB });
    await restoreSound();
    const kept = entries().reduce((sum, file) => sum + statSync(file).size, 0);
    expect(kept).toBeLessThanOrEqual(6 * MIB);
    expect(kept).toBeGreaterThan(3 * MIB);
  });
});

describe('damage far away', () => {
  /** One pack as `change` makes it; undefined for none. */
  const damage = (pack: string, change: (bytes: Uint8Array) => Uint8Array | undefined): void => {
    const changed = async (): Promise<BlobStorage> => {
      const other = createMemoryStorage({ clock: systemClock });
      const bytes = change(Uint8Array.from(await inner.get(parseBlobId(pack))));
      if (bytes !== undefined) await other.put(parseBlobId(pack), [bytes]);
      return other;
    };
    const place = changed();
    storage = {
      ...storage,
      get: async (id, range, call) => await (id === pack ? await place : inner).get(id, range, call),
    };
  };

  it.each([
    ['missing', () => undefined, /there is no blob/],
    [
      'cut off',
      (bytes: Uint8Array) => bytes.subarray(0, bytes.length >> 1),
      /damaged or the index points past/,
    ],
    [
      'changed',
      (bytes: Uint8Array) => bytes.fill(1, bytes.length >> 1, (bytes.length >> 1) + 10),
      /authentication/,
    ],
  ])('a pack that is %s is named, and other files come back', async (_, change, reason) => {
    const [pack] = await dataPacks();
    if (pack === undefined) throw new Error('no pack');
    damage(pack.id, change);
    const { failedCount, failed } = await restore();
    expect(failedCount).toBeGreaterThan(0);
    expect(failedCount).toBeLessThan(604);
    for (const { error } of failed) {
      expect(error).toContain(pack.id);
      expect(error).toMatch(reason);
    }
    const restored = readdirSync(target, { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    );
    expect(restored).toHaveLength(604 - failedCount);
    const verified = await withRoot(async (repository) =>
      verifySnapshots(repository, { snapshots: await listSnapshots(repository), filesPercent: 100 }),
    );
    expect(verified.failedCount).toBe(failedCount);
  });

  it('a restore ends with the reason of its signal', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    storage = {
      ...storage,
      get: async (id, range, call) => {
        if (id.startsWith('p')) abort.abort(reason);
        call?.signal?.throwIfAborted();
        return await inner.get(id, range, call);
      },
    };
    const restoring = withRoot(
      async (repository, entry) =>
        await restoreSnapshot(repository, {
          entry,
          target,
          options: DEFAULT_RESTORE_OPTIONS,
          signal: abort.signal,
        }),
    );
    await expect(restoring).rejects.toBe(reason);
  });
});
