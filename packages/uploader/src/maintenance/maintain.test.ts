import {
  type BlobStorage,
  type ContentId,
  type MaintenanceReport,
  parseContentId,
  type Repository,
  type StepReport,
} from '@holdfast/repository';
import { describe, expect, it } from 'vitest';

import { deleteSnapshots, listSnapshots } from '../snapshots/snapshot-store.ts';
import {
  createMaintenanceRig,
  HOUR,
  type MaintenanceRig,
  readSnapshots,
  takeSnapshot,
  type Tree,
} from '../testing/maintenance-rig.ts';
import {
  maintenanceInfo,
  planMaintenance,
  runDueMaintenance,
  runMaintenance,
  setMaintenance,
} from './maintain.ts';

const SHARED: Tree = { 'shared.txt': 'in both', sub: { 'deep.txt': 'deep' } };

describe('full maintenance without other clients', () => {
  it('frees what belonged to deleted snapshots and keeps the rest', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    const first = await takeSnapshot(repository, { ...SHARED, 'gone.txt': 'gone' });
    const second = await takeSnapshot(repository, { ...SHARED, 'kept.txt': 'kept' });
    await deleteSnapshots(repository, [first]);
    rig.clock.advance(2000);

    const report = await runMaintenance(repository, { mode: 'full', safety: 'none' });

    expect(report.outcome).toBe('done');
    expect(contentsOf(report)).toMatchObject({ unused: { count: 2 }, undelete: { count: 0 } });
    expect(await readSnapshots(repository)).toEqual(new Map([[second, { ...SHARED, 'kept.txt': 'kept' }]]));
    expect(await packNames(rig)).toHaveLength(2);
    await repository.close();
  });

  it('changes nothing when it only plans', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    await deleteSnapshots(repository, [await takeSnapshot(repository, SHARED)]);
    rig.clock.advance(2000);
    const before = await listAll(rig);

    const report = await planMaintenance(repository, { mode: 'full', safety: 'none' });

    expect(report.outcome).toBe('planned');
    expect(contentsOf(report)).toMatchObject({ unused: { count: 4 } });
    expect(await listAll(rig)).toEqual(before);
    await repository.close();
  });

  it('runs again on its own result without changing anything but its history', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    await deleteSnapshots(repository, [await takeSnapshot(repository, { a: 'a' })]);
    await takeSnapshot(repository, SHARED);
    rig.clock.advance(2000);
    await runMaintenance(repository, { mode: 'full', safety: 'none' });
    rig.clock.advance(2000);
    const before = await packNames(rig);

    const report = await runMaintenance(repository, { mode: 'full', safety: 'none' });

    expect(contentsOf(report)).toMatchObject({ unused: { count: 0 } });
    expect(await packNames(rig)).toEqual(before);
    await repository.close();
  });

  it('lets the same client write on afterwards what was deleted', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    await deleteSnapshots(repository, [await takeSnapshot(repository, SHARED)]);
    rig.clock.advance(2000);
    await runMaintenance(repository, { mode: 'full', safety: 'none' });

    const again = await takeSnapshot(repository, SHARED);

    expect((await readSnapshots(repository)).get(again)).toEqual(SHARED);
    const other = await rig.open();
    expect((await readSnapshots(other)).get(again)).toEqual(SHARED);
    await other.close();
    await repository.close();
  });
});

describe('full maintenance beside other clients', () => {
  it('deletes from the index at once, but from storage only after a second collection has agreed', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    await deleteSnapshots(repository, [await takeSnapshot(repository, SHARED)]);
    const dataPacks = async (): Promise<string[]> =>
      (await packNames(rig)).filter((id) => id.startsWith('p'));
    const [pack] = await dataPacks();
    const history: string[] = [];
    for (let day = 0; day < 4; day++) {
      rig.clock.advance(25 * HOUR);
      const report = await runMaintenance(repository, { mode: 'full' });
      const stillThere = (await dataPacks()).includes(pack ?? '');
      history.push(`${stateOf(report, 'full-drop-deleted-content')} ${stillThere ? 'stored' : 'gone'}`);
    }
    // The second run drops what was deleted an hour before the first began, the third what the first deleted.
    expect(history).toEqual(['skipped stored', 'done stored', 'done gone', 'done gone']);
    await repository.close();
  });

  it('leaves young contents alone', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    await deleteSnapshots(repository, [await takeSnapshot(repository, SHARED)]);
    rig.clock.advance(23 * HOUR);
    const report = await runMaintenance(repository, { mode: 'full' });
    expect(contentsOf(report)).toMatchObject({ unused: { count: 0 }, recent: { count: 4 } });
    await repository.close();
  });

  it('brings back what a snapshot has begun to use while it was being deleted', async () => {
    using rig = await createMaintenanceRig();
    const writer = await rig.open({ username: 'writer' });
    const maintainer = await rig.open();
    await deleteSnapshots(writer, [await takeSnapshot(writer, SHARED)]);
    rig.clock.advance(25 * HOUR);
    // The writer knows the contents, so it does not store them again; the maintainer does not see the new snapshot.
    await runMaintenance(maintainer, { mode: 'full' });
    const late = await takeSnapshot(writer, SHARED);
    rig.clock.advance(25 * HOUR);

    const report = await runMaintenance(maintainer, { mode: 'full' });

    expect(contentsOf(report)).toMatchObject({ undelete: { count: 4 } });
    for (let day = 0; day < 3; day++) {
      rig.clock.advance(25 * HOUR);
      await runMaintenance(maintainer, { mode: 'full' });
    }
    expect((await readSnapshots(maintainer)).get(late)).toEqual(SHARED);
    await writer.close();
    await maintainer.close();
  });

  it('stops when a directory can not be read, and deletes nothing', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    await takeSnapshot(repository, SHARED);
    const [snapshot] = await listSnapshots(repository);
    await corrupt(rig, repository, parseContentId(snapshot?.rootEntry?.objectId ?? ''));
    await deleteSnapshots(repository, [await takeSnapshot(repository, { unused: 'unused' })]);
    rig.clock.advance(25 * HOUR);
    const before = await packNames(rig);
    await expect(runMaintenance(repository, { mode: 'full' })).rejects.toMatchObject({
      code: 'CONTENT_CORRUPT',
    });
    expect(await packNames(rig)).toEqual(before);
    const { schedule } = await maintenanceInfo(repository);
    expect(schedule.runs['snapshot-gc']?.[0]).toMatchObject({ success: false });
    await repository.close();
  });
});

describe('the breaker', () => {
  it('stops a collection that would delete too much, unless it is forced', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    const files = Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`f${i}`, `text ${i}`]));
    const id = await takeSnapshot(repository, files);
    await takeSnapshot(repository, SHARED);
    await deleteSnapshots(repository, [id]);
    rig.clock.advance(2000);
    const before = await listAll(rig);

    await expect(runMaintenance(repository, { mode: 'full', safety: 'none' })).rejects.toMatchObject({
      code: 'MAINTENANCE_BREAKER',
      message: expect.stringMatching(/--max-delete-percent 100`$/),
    });
    expect((await listAll(rig)).filter((id) => id !== 'kopia.maintenance')).toEqual(before);

    const report = await runMaintenance(repository, { mode: 'full', safety: 'none', force: true });
    expect(contentsOf(report)).toMatchObject({ unused: { count: 1201 } });
    await repository.close();
  });

  it('lets few contents go, whatever their share', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    const files = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`f${i}`, `text ${i}`]));
    await deleteSnapshots(repository, [await takeSnapshot(repository, files)]);
    rig.clock.advance(2000);
    const report = await runMaintenance(repository, { mode: 'full', safety: 'none' });
    expect(report.outcome).toBe('done');
    await repository.close();
  });
});

describe('who runs maintenance and when', () => {
  it('is the owner alone', async () => {
    using rig = await createMaintenanceRig();
    const other = await rig.open({ username: 'other' });
    await expect(runMaintenance(other, { mode: 'quick' })).rejects.toMatchObject({
      code: 'MAINTENANCE_NOT_OWNER',
    });
    expect((await runDueMaintenance(other)).outcome).toBe('not-owner');
    expect((await setMaintenance(other, { owner: 'me' })).isOwner).toBe(true);
    expect((await runMaintenance(other, { mode: 'quick' })).outcome).toBe('done');
    await other.close();
  });

  it('follows the schedule', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    expect(await runDueMaintenance(repository)).toMatchObject({ outcome: 'done', mode: 'full' });
    expect(await runDueMaintenance(repository)).toMatchObject({ outcome: 'not-due' });
    rig.clock.advance(HOUR);
    expect(await runDueMaintenance(repository)).toMatchObject({ outcome: 'done', mode: 'quick' });
    await setMaintenance(repository, { quick: { enabled: false }, full: { pauseMs: 48 * HOUR } });
    rig.clock.advance(24 * HOUR);
    expect(await runDueMaintenance(repository)).toMatchObject({ outcome: 'not-due' });
    rig.clock.advance(24 * HOUR);
    expect(await runDueMaintenance(repository)).toMatchObject({ outcome: 'done', mode: 'full' });
    await repository.close();
  });

  it('keeps what others change of the schedule meanwhile', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    const other = await rig.open({ username: 'other' });
    let isPaused = false;
    const pausing: BlobStorage = {
      ...rig.storage,
      // The last step lists logs before it is recorded.
      list: async function* (prefix, options) {
        if (prefix === '_log_' && !isPaused) {
          isPaused = true;
          rig.clock.advance(2000);
          await setMaintenance(other, { full: { pauseMs: 100 * HOUR } });
        }
        yield* rig.storage.list(prefix, options);
      },
    };
    const pausable = await rig.open({ storage: pausing });
    await runMaintenance(pausable, { mode: 'full' });
    const { schedule } = await maintenanceInfo(repository);
    expect(Number((schedule.nextFullNs ?? 0n) / 1_000_000n) - rig.clock.nowMs()).toBe(100 * HOUR);
    for (const client of [repository, other, pausable]) await client.close();
  });

  it('refuses to go by a wrong clock', async () => {
    using rig = await createMaintenanceRig();
    const ahead = {
      ...rig.storage,
      getMetadata: async (id: never) => {
        const found = await rig.storage.getMetadata(id);
        return { ...found, timestampMs: found.timestampMs + 6 * 60_000 };
      },
    };
    const repository = await rig.open({ storage: ahead });
    await expect(runMaintenance(repository, { mode: 'full' })).rejects.toMatchObject({ code: 'CLOCK_SKEW' });
    await repository.close();
  });

  it('lets nobody else of this machine run it at the same time', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    let second: Promise<MaintenanceReport> | undefined;
    const first = await runMaintenance(repository, {
      mode: 'quick',
      onEvent: ({ kind }) => {
        if (kind === 'started') second = runMaintenance(repository, { mode: 'quick' });
      },
    });
    expect(first.outcome).toBe('done');
    expect((await second)?.outcome).toBe('already-running');
    await repository.close();
  });
});

function contentsOf(report: MaintenanceReport): unknown {
  return stepOf(report, 'snapshot-gc').plan?.['contents'];
}

function stateOf(report: MaintenanceReport, task: string): string {
  return stepOf(report, task).state;
}

function stepOf(report: MaintenanceReport, task: string): StepReport {
  const step = report.steps.find((candidate) => candidate.task === task);
  if (step === undefined) throw new Error(`no step ${task}`);
  return step;
}

async function listAll(rig: MaintenanceRig): Promise<string[]> {
  return (await Array.fromAsync(rig.storage.list(''))).map(({ id }) => id).toSorted();
}

async function packNames(rig: MaintenanceRig): Promise<string[]> {
  return (await listAll(rig)).filter((id) => /^[pq]/.test(id));
}

/** Flips a bit of a content where it is stored. */
async function corrupt(rig: MaintenanceRig, repository: Repository, content: ContentId): Promise<void> {
  const entry = repository.contents.find(content);
  for await (const { id } of rig.storage.list(entry?.packBlobId ?? 'none')) {
    const bytes = await rig.storage.get(id);
    await rig.storage.put(id, [bytes.map((byte, at) => (at === entry?.packOffset ? byte ^ 1 : byte))]);
  }
}
