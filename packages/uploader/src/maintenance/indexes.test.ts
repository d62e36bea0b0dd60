import {
  applyIndexRecovery,
  type BlobStorage,
  parseBlobId,
  planIndexRecovery,
  type Repository,
} from '@holdfast/repository';
import { describe, expect, it } from 'vitest';

import { deleteSnapshots } from '../snapshots/snapshot-store.ts';
import {
  createMaintenanceRig,
  HOUR,
  type MaintenanceRig,
  readSnapshots,
  takeSnapshot,
} from '../testing/maintenance-rig.ts';
import { runMaintenance } from './maintain.ts';

/** An epoch lasts about two of them. */
const DAYS = 24;

describe('epochs', () => {
  it('advance, are compacted, put into a checkpoint and cleaned up', { timeout: 120_000 }, async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    const seen = new Set<string>();
    for (let day = 0; day < DAYS; day++) {
      await writeEpoch(rig, repository, day);
      await runMaintenance(repository, { mode: day % 2 === 0 ? 'full' : 'quick' });
      for (const id of await indexNames(rig)) seen.add(/^(?:xs\d+|xr\d+_\d+|xe\d+)/.exec(id)?.[0] ?? '');
    }
    expect([...seen].filter((kind) => kind !== '')).toEqual(
      expect.arrayContaining(['xe1', 'xe11', 'xs0', 'xs5', 'xr0_7']),
    );
    const left = await indexNames(rig);
    expect(left.filter((id) => id.startsWith('xn0_'))).toEqual([]);
    expect(left).not.toContain('xe1');
    const fresh = await rig.open();
    expect((await readSnapshots(fresh)).size).toBe(DAYS * 21);
    await fresh.close();
    await repository.close();
  });

  it('are not touched by a quick run that finds nothing to do', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    await takeSnapshot(repository, { a: 'a' });
    const before = await indexNames(rig);
    const report = await runMaintenance(repository, { mode: 'quick' });
    expect(report.steps.map(({ state }) => state)).toEqual(['nothing-to-do', 'nothing-to-do']);
    expect(await indexNames(rig)).toEqual(before);
    await repository.close();
  });

  it('are compacted again when the last shard reads back wrong', { timeout: 60_000 }, async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    for (let day = 0; day < 3; day++) {
      await writeEpoch(rig, repository, day);
      await runMaintenance(repository, { mode: 'quick' });
    }
    for await (const { id } of rig.storage.list('xs')) await rig.storage.delete(id);
    const broken = await rig.open({ storage: damagingPuts(rig.storage, 'xs') });
    await expect(runMaintenance(broken, { mode: 'quick' })).rejects.toMatchObject({
      code: 'CONTENT_CORRUPT',
    });
    expect((await indexNames(rig)).filter((id) => id.startsWith('xs'))).toEqual([]);
    await runMaintenance(repository, { mode: 'quick' });
    expect((await indexNames(rig)).filter((id) => id.startsWith('xs'))).toHaveLength(1);
    await repository.close();
    await broken.close();
  });
});

describe('indexes without epochs', () => {
  it('are merged when there are many; what they replace goes later', async () => {
    using rig = await createMaintenanceRig({ formatVersion: 1 });
    const repository = await rig.open();
    for (let i = 0; i < 9; i++) await takeSnapshot(repository, { [`f${i}`]: `text ${i}` });
    await runMaintenance(repository, { mode: 'quick' });
    const merged = (await indexNames(rig)).length;
    expect(merged).toBeGreaterThan(9);
    rig.clock.advance(2 * HOUR);
    await takeSnapshot(repository, { later: 'later' });
    await runMaintenance(repository, { mode: 'quick' });
    expect((await indexNames(rig)).length).toBeLessThan(5);
    expect((await readSnapshots(repository)).size).toBe(10);
    const fresh = await rig.open();
    expect((await readSnapshots(fresh)).size).toBe(10);
    await fresh.close();
    await repository.close();
  });

  it('lose deleted contents, and the storage their packs', async () => {
    using rig = await createMaintenanceRig({ formatVersion: 1 });
    const repository = await rig.open();
    await deleteSnapshots(repository, [await takeSnapshot(repository, { a: 'a' })]);
    rig.clock.advance(2000);
    await runMaintenance(repository, { mode: 'full', safety: 'none' });
    rig.clock.advance(2000);
    await runMaintenance(repository, { mode: 'full', safety: 'none' });
    expect(await Array.fromAsync(rig.storage.list('p'))).toEqual([]);
    await repository.close();
  });
});

describe('index blobs that others were merged into', () => {
  it(
    'must be sound in the storage before those go, whatever the cache holds',
    { timeout: 60_000 },
    async () => {
      using rig = await createMaintenanceRig();
      const repository = await rig.open();
      for (let day = 0; day < 6; day++) {
        await writeEpoch(rig, repository, day);
        await runMaintenance(repository, { mode: 'quick' });
      }
      const before = (await indexNames(rig)).filter((id) => id.startsWith('xn0_'));
      expect(before.length).toBeGreaterThan(20);
      const merged = await damage(rig, 'xs0');
      rig.clock.advance(5 * HOUR);
      await takeSnapshot(repository, { later: 'later' });
      await expect(runMaintenance(repository, { mode: 'full' })).rejects.toMatchObject({
        code: 'INDEX_CORRUPT',
        detail: { blob: merged },
      });
      expect(await indexNames(rig)).toEqual(expect.arrayContaining(before));
      await rig.storage.delete(parseBlobId(merged));
      await runMaintenance(repository, { mode: 'full' });
      const fresh = await rig.open();
      expect((await readSnapshots(fresh)).size).toBe(6 * 21 + 1);
      await fresh.close();
      await repository.close();
    },
  );

  it.each(['damaged', 'gone'])('without epochs too: %s', async (state) => {
    using rig = await createMaintenanceRig({ formatVersion: 1 });
    const repository = await rig.open();
    for (let i = 0; i < 9; i++) await takeSnapshot(repository, { [`f${i}`]: `text ${i}` });
    const before = (await indexNames(rig)).filter((id) => id.startsWith('n'));
    await runMaintenance(repository, { mode: 'quick' });
    const merged = (await indexNames(rig)).find((id) => id.startsWith('n') && !before.includes(id)) ?? '';
    rig.clock.advance(2 * HOUR);
    await takeSnapshot(repository, { later: 'later' });
    if (state === 'damaged') await damage(rig, merged);
    else await rig.storage.delete(parseBlobId(merged));
    await expect(runMaintenance(repository, { mode: 'quick' })).rejects.toMatchObject({
      code: 'INDEX_CORRUPT',
      detail: { blob: merged },
    });
    expect(await indexNames(rig)).toEqual(expect.arrayContaining(before));
    await repository.close();
  });
});

describe('packs of sessions', () => {
  it('that may still be at work are kept, and go with their marker when it is old', async () => {
    using rig = await createMaintenanceRig();
    const writer = await rig.open({ username: 'writer' });
    const { contents } = writer.writer();
    await contents.readPending(await contents.write('', Buffer.from('never indexed'), ''));
    const packs = async (): Promise<number> => (await Array.fromAsync(rig.storage.list('p'))).length;
    expect(await packs()).toBe(1);
    const repository = await rig.open();
    rig.clock.advance(90 * HOUR);
    await runMaintenance(repository, { mode: 'full' });
    expect(await packs()).toBe(1);
    rig.clock.advance(7 * HOUR);
    await runMaintenance(repository, { mode: 'full' });
    expect(await packs()).toBe(0);
    expect(await Array.fromAsync(rig.storage.list('s'))).toEqual([]);
    await writer.close();
    await repository.close();
  });
});

describe('packs whose index blob was lost', () => {
  it('stay, with advice, and the index can be recovered from them', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    const { id, packs } = await takeSnapshotAndLoseIndex(rig, repository);
    expect(await warningOf(rig, repository)).toMatch(/^2 packs .* 3 contents .*index recover/);
    expect(await packNames(rig)).toEqual(expect.arrayContaining(packs));
    await repository.close();

    const damaged = await rig.open();
    const options = { packs: [], prefixes: ['p', 'q'], parallel: 1, ignoreErrors: false };
    using plan = await planIndexRecovery(damaged.maintenanceParts(), options);
    await applyIndexRecovery(damaged.maintenanceParts(), plan, []);
    await damaged.refresh();
    expect((await readSnapshots(damaged)).get(id)).toEqual({ lost: 'lost' });
    expect(await warningOf(rig, damaged)).toBeUndefined();
    await damaged.close();
  });

  it('go when everything may be deleted', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    const { packs } = await takeSnapshotAndLoseIndex(rig, repository);
    await runMaintenance(repository, { mode: 'full', maxDeletePercent: 100 });
    rig.clock.advance(2 * HOUR);
    await runMaintenance(repository, { mode: 'full', maxDeletePercent: 99 });
    expect(await packNames(rig)).toEqual(expect.arrayContaining(packs));
    await runMaintenance(repository, { mode: 'full', maxDeletePercent: 100 });
    expect((await packNames(rig)).filter((name) => packs.includes(name))).toEqual([]);
    expect((await readSnapshots(repository)).size).toBe(1);
    await repository.close();
  });

  it('stay when their contents were deleted before they were written again', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    await deleteSnapshots(repository, [await takeSnapshot(repository, { lost: 'lost' })]);
    rig.clock.advance(2000);
    await runMaintenance(repository, { mode: 'full', safety: 'none' });
    await takeSnapshotAndLoseIndex(rig, repository);
    expect(await warningOf(rig, repository)).toMatch(/index recover/);
    await repository.close();
  });
});

describe('what is downloaded', () => {
  it('is each metadata pack and index blob once, and little more', async () => {
    using rig = await createMaintenanceRig();
    const writer = await rig.open();
    for (let i = 0; i < 30; i++) {
      const files = Object.fromEntries(
        Array.from({ length: 200 }, (_, f) => [`file-${f}`, `${i % 3} ${f} ${'x'.repeat(500)}`]),
      );
      const id = await takeSnapshot(writer, { ...files, [`own-${i}`]: `own ${i}`.repeat(2000) });
      if (i % 3 === 0) await deleteSnapshots(writer, [id]);
    }
    await writer.close();
    rig.clock.advance(2000);
    const ranges: { readonly id: string; readonly from: number; readonly to: number }[] = [];
    const repository = await rig.open({ storage: recordingGets(rig.storage, ranges) });
    ranges.length = 0;
    const metadataBytes = await totalBytes(rig, 'q');
    const indexBytes = await totalBytes(rig, 'x');

    const report = await runMaintenance(repository, { mode: 'full', safety: 'none' });

    const rewritten = Number(
      report.steps.find(({ task }) => task === 'full-rewrite-contents')?.stats?.data['rewrittenContentSize'],
    );
    const downloaded = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
    expect(rewritten).toBeGreaterThan(0);
    expect(downloaded).toBe(report.storage.downloadedBytes);
    expect(downloaded).toBeLessThan(1.5 * (metadataBytes + indexBytes) + 2 * rewritten);
    expect(overlaps(ranges.filter(({ id }) => /^[pq]|^kopia\.maintenance$/.test(id)))).toEqual([]);
    await repository.close();
  });
});

/** Enough index blobs, over a long enough time, for an epoch to end. */
async function writeEpoch(rig: MaintenanceRig, repository: Repository, day: number): Promise<void> {
  for (let i = 0; i < 21; i++) {
    await takeSnapshot(repository, { [`d${day}`]: `text ${day}`, [`f${i}`]: `text ${i}` });
    rig.clock.advance(1.25 * HOUR);
  }
}

/** A snapshot whose index blob is gone; another one is there. Time passes until packs may be deleted. */
async function takeSnapshotAndLoseIndex(
  rig: MaintenanceRig,
  repository: Repository,
): Promise<{ readonly id: string; readonly packs: string[] }> {
  await takeSnapshot(repository, { kept: 'kept' });
  const before = [...(await indexNames(rig)), ...(await packNames(rig))];
  const id = await takeSnapshot(repository, { lost: 'lost' });
  const lost = (await indexNames(rig)).filter((name) => !before.includes(name));
  for (const name of lost) await rig.storage.delete(parseBlobId(name));
  const packs = (await packNames(rig)).filter((name) => !before.includes(name));
  rig.clock.advance(25 * HOUR);
  await repository.refresh();
  return { id, packs };
}

/** Runs a full maintenance, and another when packs may be deleted after a rewrite; what that says about them. */
async function warningOf(rig: MaintenanceRig, repository: Repository): Promise<string | undefined> {
  await runMaintenance(repository, { mode: 'full' });
  rig.clock.advance(2 * HOUR);
  const { steps } = await runMaintenance(repository, { mode: 'full' });
  return steps.find(({ task }) => task === 'full-delete-blobs')?.warning;
}

async function packNames(rig: MaintenanceRig): Promise<string[]> {
  return (await Array.fromAsync(rig.storage.list(''))).map(({ id }) => id).filter((id) => /^[pq]/.test(id));
}

async function indexNames(rig: MaintenanceRig): Promise<string[]> {
  const ids = (await Array.fromAsync(rig.storage.list(''))).map(({ id }) => id);
  return ids.filter((id) => /^[xnml]/.test(id)).toSorted();
}

async function totalBytes(rig: MaintenanceRig, prefix: string): Promise<number> {
  const blobs = await Array.fromAsync(rig.storage.list(prefix));
  return blobs.reduce((sum, { length }) => sum + length, 0);
}

/** Changes four bytes of the first blob that starts so, where it is stored; returns its name. */
async function damage(rig: MaintenanceRig, prefix: string): Promise<string> {
  const [blob] = await Array.fromAsync(rig.storage.list(prefix));
  const id = blob?.id ?? parseBlobId('none');
  const bytes = await rig.storage.get(id);
  await rig.storage.put(id, [bytes.map((byte, at) => (at >= 20 && at < 24 ? byte ^ 1 : byte))]);
  return id;
}

/** A storage that stores blobs of one prefix with their last byte changed. */
function damagingPuts(inner: BlobStorage, prefix: string): BlobStorage {
  return {
    ...inner,
    put: async (id, parts, options) => {
      const bytes = Buffer.concat(parts);
      if (id.startsWith(prefix)) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      await inner.put(id, [bytes], options);
    },
  };
}

function recordingGets(inner: BlobStorage, ranges: { id: string; from: number; to: number }[]): BlobStorage {
  return {
    ...inner,
    get: async (id, range, options) => {
      const bytes = await inner.get(id, range, options);
      const from = range?.offset ?? 0;
      ranges.push({ id, from, to: from + bytes.length });
      return bytes;
    },
  };
}

function overlaps(
  ranges: readonly { readonly id: string; readonly from: number; readonly to: number }[],
): string[] {
  return ranges.flatMap((a, i) =>
    ranges
      .slice(i + 1)
      .flatMap((b) =>
        a.id === b.id && a.from < b.to && b.from < a.to ? [`${a.id} ${a.from} ${b.from}`] : [],
      ),
  );
}
