import { afterEach, beforeEach, expect, test } from 'vitest';

import { parseBlobId } from '../blob/blob-id.ts';
import { createMemoryStorage } from '../blob/memory.ts';
import type { BlobStorage } from '../blob/storage.ts';
import { createRepository, Repository } from '../repository.ts';
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { PackTable, shareOf } from './pack-table.ts';
import type { VerifyReport } from './report.ts';
import { dueShares, stateAfter } from './sample-state.ts';
import { type VerifyOptions, verifyRepository } from './verify-repository.ts';

const DAY_MS = 86_400_000;

let directory: ReturnType<typeof temporaryDirectory>;
let clock: FakeClock;
let storage: BlobStorage;

beforeEach(async () => {
  directory = temporaryDirectory();
  clock = createFakeClock();
  storage = createMemoryStorage({ clock });
  const repository = await createRepository(openOptions());
  for (let pack = 0; pack < 12; pack++) {
    for (let i = 0; i < 10; i++)
      await repository.writer().contents.write('', Buffer.from(`content ${i} of ${pack}`), '');
    await repository.writer().flush();
  }
  await repository.close();
});

afterEach(() => directory[Symbol.dispose]());

function openOptions() {
  const client = { username: 'user', hostname: 'host' };
  return { storage, clock, client, password: 'pw', cacheDirectory: directory.path, workers: 1 };
}

async function verify(options: Partial<VerifyOptions> = {}): Promise<VerifyReport> {
  const damagedIndexes: { blob: string; error: string }[] = [];
  const repository = await Repository.open({
    ...openOptions(),
    onDamagedIndex: ({ id }, { message }) => void damagedIndexes.push({ blob: id, error: message }),
  });
  try {
    const chosen = { read: { kind: 'all' }, includeDeleted: false, damagedIndexes, ...options } as const;
    return await verifyRepository(repository.maintenanceParts(), chosen);
  } finally {
    repository.indexView.close();
  }
}

async function idsOf(prefix: string): Promise<string[]> {
  return (await Array.fromAsync(storage.list(prefix))).map(({ id }) => id).toSorted();
}

async function change(id: string, edit: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  const blob = parseBlobId(id);
  await storage.put(blob, [edit(await storage.get(blob))]);
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

test('finds a sound repository sound, and what nobody refers to', async () => {
  await storage.put(parseBlobId(`p${'0'.repeat(32)}-s0123456789abcdef100`), [new Uint8Array(50)]);
  const report = await verify();
  expect(report).toMatchObject({ contents: 121, read: { count: 121 }, errorCount: 0, sample: undefined });
  expect(report.unreferencedPacks).toEqual({ count: 1, bytes: 50 });
  expect(report.packs.count).toBe(14);
  expect((await verify({ read: { kind: 'none' } })).read.count).toBe(0);
});

test('finds missing and short packs without reading any', async () => {
  const [missing = '', short = ''] = await idsOf('p');
  await storage.delete(parseBlobId(missing));
  await change(short, (bytes) => bytes.subarray(0, 100));
  const report = await verify({ read: { kind: 'none' } });
  expect(report.missingPacks).toEqual({ count: 1, first: [{ pack: missing, length: -1 }] });
  expect(report.contentsInMissingPacks).toBe(10);
  expect(report.truncatedPacks.first).toEqual([{ pack: short, length: 100 }]);
  expect(report.contentsBeyondPacks).toBeGreaterThan(5);
  expect(report.errorCount).toBe(10 + report.contentsBeyondPacks);
});

test('finds a flipped bit only by reading, and names the content', async () => {
  const [pack = ''] = await idsOf('p');
  await change(pack, (bytes) => flipped(bytes, 40));
  expect((await verify({ read: { kind: 'none' } })).errorCount).toBe(0);
  const { damagedContents, errorCount } = await verify();
  expect(errorCount).toBe(1);
  expect(damagedContents.first).toEqual([
    { content: expect.stringMatching(/^[0-9a-f]{32}$/), pack, offset: 32, error: expect.any(String) },
  ]);
});

test('finds a damaged index blob although a good copy is in the cache', async () => {
  const [index = ''] = await idsOf('xn');
  await change(index, (bytes) => flipped(bytes, 30));
  const report = await verify();
  expect(report.damagedIndexes).toMatchObject([{ blob: index }]);
  expect(report.errorCount).toBe(1);
});

test('finds packs whose index blob was lost, when nobody can be writing them', async () => {
  // One of ten contents; that of the repository's own beginning is smaller.
  const indexes = await Array.fromAsync(storage.list('xn'));
  const [index] = indexes.toSorted((a, b) => b.length - a.length);
  await storage.delete(index?.id ?? parseBlobId('none'));
  expect(await verify()).toMatchObject({ unreferencedPacks: { count: 1 }, unindexedPacks: { count: 0 } });
  clock.advance(DAY_MS + 1);
  const { unindexedPacks, errorCount } = await verify();
  expect(unindexedPacks).toMatchObject({ count: 1, first: [{ contents: 10 }] });
  expect(errorCount).toBe(1);
  const session = unindexedPacks.first[0]?.pack.split('-')[1];
  await storage.put(parseBlobId(`s${'0'.repeat(32)}-${session}`), [Uint8Array.of(1)]);
  expect(await verify()).toMatchObject({ unreferencedPacks: { count: 1 }, errorCount: 0 });
});

test('reads everything in as many daily runs as were asked for', async () => {
  const read: number[] = [];
  for (let day = 0; day < 4; day++) {
    const report = await verify({ read: { kind: 'share', days: 4 } });
    expect(report.sample).toEqual({ days: 4, shares: [day] });
    read.push(report.read.count);
    clock.advance(DAY_MS);
  }
  expect(read.reduce((a, b) => a + b)).toBe(121);
});

test('catches up on days without a run, and starts anew when the days change', () => {
  expect(dueShares(undefined, 10, 0)).toEqual([0]);
  const state = stateAfter([7], 10, 0);
  expect(dueShares(state, 10, DAY_MS * 1.1)).toEqual([8]);
  expect(dueShares(state, 10, 1000)).toEqual([8]);
  expect(dueShares(state, 10, DAY_MS * 3)).toEqual([8, 9, 0]);
  expect(dueShares(state, 10, DAY_MS * 300)).toHaveLength(10);
  expect(dueShares(state, 11, DAY_MS)).toEqual([0]);
});

test('a table of packs keeps them apart as it grows', () => {
  const table = new PackTable();
  const nameOf = (i: number): string => `p${(i * 7919).toString(16).padStart(32, '0')}`;
  for (let i = 0; i < 5000; i++) table.add(`x-${i}`, i);
  table.add(nameOf(1), 1);
  for (let i = 0; i < 5000; i++) expect(table.use(`x-${i}`)).toBe(i);
  expect(table.use('x-5000')).toBe(-1);
  expect(table.has('x-5000')).toBe(false);
  expect(table.unused()).toEqual({ count: 1, bytes: 1 });
  expect([table.noteOnce('x-1'), table.noteOnce('x-1')]).toEqual([true, false]);
  const shares = Array.from({ length: 1000 }, (_, i) => shareOf(`pack ${i}`, 4));
  expect(Math.max(...[0, 1, 2, 3].map((share) => shares.filter((s) => s === share).length))).toBeLessThan(
    310,
  );
});
