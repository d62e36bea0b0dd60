import { parseBlobId } from '@holdfast/repository';
import { describe, expect, it } from 'vitest';

import { deleteSnapshots } from '../snapshots/snapshot-store.ts';
import { createMaintenanceRig, HOUR, takeSnapshot } from '../testing/maintenance-rig.ts';
import { maintenanceInfo, runMaintenance, setMaintenance } from './maintain.ts';

describe('object locks', () => {
  it('are extended when that is turned on', async () => {
    const retention = { mode: 'GOVERNANCE' as const, periodMs: 72 * HOUR };
    using rig = await createMaintenanceRig({ retention });
    const repository = await rig.open();
    await setMaintenance(repository, { extendObjectLocks: true });
    const [pack] = await Array.fromAsync(rig.storage.list('q'));
    const id = pack?.id ?? parseBlobId('none');
    rig.clock.advance(48 * HOUR);
    await runMaintenance(repository, { mode: 'full' });
    rig.clock.advance(48 * HOUR);
    await expect(rig.storage.delete(id)).rejects.toMatchObject({ code: 'BLOB_LOCKED' });
    rig.clock.advance(48 * HOUR);
    await rig.storage.delete(id);
    await repository.close();
  });

  it('keep blobs that nobody needs without keeping maintenance from the others', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    await deleteSnapshots(repository, [await takeSnapshot(repository, { gone: 'gone' })]);
    await takeSnapshot(repository, { kept: 'kept' });
    rig.clock.advance(2000);
    const orphans = [1, 2, 3].map((digit) => parseBlobId(`p${digit}`.padEnd(33, '0')));
    const locked = orphans[0] ?? parseBlobId('none');
    const retention = { mode: 'COMPLIANCE', periodMs: HOUR } as const;
    for (const id of orphans)
      await rig.storage.put(id, [Buffer.from('orphan')], id === locked ? { retention } : {});

    // What is in them can't be told, so that only force deletes them.
    const report = await runMaintenance(repository, { mode: 'full', safety: 'none', force: true });

    const left = (await Array.fromAsync(rig.storage.list('p'))).map(({ id }) => id);
    expect(orphans.filter((id) => left.includes(id))).toEqual([locked]);
    const step = report.steps.find(({ task }) => task === 'full-delete-blobs');
    expect(step).toMatchObject({ state: 'done', stats: { locked: { count: 1, bytes: 6 } } });
    rig.clock.advance(2 * HOUR);
    const later = await runMaintenance(repository, { mode: 'full', safety: 'none', force: true });
    expect(later.steps.find(({ task }) => task === 'full-delete-blobs')?.stats).not.toHaveProperty('locked');
    expect((await Array.fromAsync(rig.storage.list('p'))).map(({ id }) => id)).not.toContain(locked);
    await repository.close();
  });

  it('must outlast the interval of full maintenance by a day', async () => {
    const retention = { mode: 'GOVERNANCE' as const, periodMs: 47 * HOUR };
    using rig = await createMaintenanceRig({ retention });
    const repository = await rig.open();
    await expect(setMaintenance(repository, { extendObjectLocks: true })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    expect((await maintenanceInfo(repository)).parameters.extendObjectLocks).toBe(false);
    await repository.close();
  });
});
