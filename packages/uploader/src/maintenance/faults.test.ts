import {
  type BlobStorage,
  createMemoryStorage,
  type Repository,
  repositoryErrorCode,
} from '@holdfast/repository';
import { describe, expect, it } from 'vitest';

import { createFaultyStorage } from '../../../repository/src/testing/faulty-storage.ts';
import { deleteSnapshots } from '../snapshots/snapshot-store.ts';
import {
  createMaintenanceRig,
  HOUR,
  type MaintenanceRig,
  readSnapshots,
  takeSnapshot,
  type Tree,
} from '../testing/maintenance-rig.ts';
import { runMaintenance } from './maintain.ts';

describe.each([{ formatVersion: 3 as const }, { formatVersion: 1 as const }])(
  'a full maintenance of format $formatVersion that is cut off',
  ({ formatVersion }) => {
    it(
      'leaves every snapshot readable, wherever that happens, and the next one finishes the work',
      { timeout: 240_000 },
      async () => {
        using rig = await createMaintenanceRig({ formatVersion });
        const expected = await prepare(rig);
        const mutations = await countMutations(rig);
        expect(mutations).toBeGreaterThan(15);
        for (let allowed = 0; allowed < mutations; allowed++) {
          const storage = await copyOf(rig);
          await maintainUntilCut(rig, storage, allowed);
          const after = await rig.open({ storage });
          expect(await readSnapshots(after), `cut after ${allowed} changes`).toEqual(expected);
          rig.clock.advance(2000);
          await runMaintenance(after, { mode: 'full', safety: 'none' });
          expect(await readSnapshots(after), `maintained after a cut after ${allowed} changes`).toEqual(
            expected,
          );
          await after.close();
        }
      },
    );
  },
);

/** Several snapshots, some of them deleted, in many small packs; one content is needed again although it was deleted. */
async function prepare(rig: MaintenanceRig): Promise<ReadonlyMap<string, Tree>> {
  const repository = await rig.open();
  const shared = { 'a.txt': 'a', sub: { 'b.txt': 'b' } };
  const deleted: string[] = [];
  for (const text of ['one', 'two', 'three']) {
    deleted.push(await takeSnapshot(repository, { ...shared, [text]: text }));
    rig.clock.advance(HOUR);
  }
  await takeSnapshot(repository, { ...shared, kept: 'kept' });
  const revived = { revived: 'revived' };
  await deleteSnapshots(repository, [...deleted, await takeSnapshot(repository, revived)]);
  await reviveDeleted(rig, repository, revived);
  rig.clock.advance(2000);
  const expected = await readSnapshots(repository);
  expect(expected.size).toBe(2);
  await repository.close();
  return expected;
}

/** A collection deletes what a client with an old view of the index then refers to. */
async function reviveDeleted(rig: MaintenanceRig, writer: Repository, tree: Tree): Promise<void> {
  const maintainer = await rig.open();
  rig.clock.advance(25 * HOUR);
  await runMaintenance(maintainer, { mode: 'full', safety: 'full' });
  await takeSnapshot(writer, tree);
  await maintainer.close();
}

async function countMutations(rig: MaintenanceRig): Promise<number> {
  const faulty = createFaultyStorage(await copyOf(rig));
  const repository = await rig.open({ storage: faulty });
  const report = await runMaintenance(repository, { mode: 'full', safety: 'none' });
  expect(report.steps[0]?.plan).toMatchObject({ contents: { undelete: { count: 2 } } });
  await repository.close();
  return faulty.calls.filter(({ operation }) => operation === 'put' || operation === 'delete').length;
}

async function maintainUntilCut(rig: MaintenanceRig, storage: BlobStorage, allowed: number): Promise<void> {
  const faulty = createFaultyStorage(storage);
  const repository = await rig.open({ storage: faulty });
  faulty.cutPowerAfter(allowed);
  await expect(runMaintenance(repository, { mode: 'full', safety: 'none' })).rejects.toSatisfy(
    (error) => repositoryErrorCode(error) === 'STORAGE_FAILED',
  );
  await repository.close();
}

async function copyOf(rig: MaintenanceRig): Promise<BlobStorage> {
  const copy = createMemoryStorage({ clock: rig.clock });
  for await (const { id } of rig.storage.list('')) await copy.put(id, [await rig.storage.get(id)]);
  return copy;
}
