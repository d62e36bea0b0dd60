import { describe, expect, it } from 'vitest';

import { EMPTY_POLICY } from '../policy/policy.ts';
import { createMaintenanceRig, HOUR, type MaintenanceRig, takeSnapshot } from '../testing/maintenance-rig.ts';
import { applyExpiration, planExpiration } from './expire.ts';
import { listSnapshots, loadSnapshot, savePolicy, saveSnapshot } from './snapshot-store.ts';
import type { Repository } from '@holdfast/repository';

const SOURCE = { host: 'host', userName: 'owner', path: '/data' };

async function threeSnapshots(rig: MaintenanceRig, repository: Repository): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const text of ['one', 'two', 'three']) {
    ids.push(await takeSnapshot(repository, { text }));
    rig.clock.advance(HOUR);
  }
  return ids;
}

async function keepLatestOne(repository: Repository): Promise<void> {
  const none = { keepHourly: 0, keepDaily: 0, keepWeekly: 0, keepMonthly: 0, keepAnnual: 0 };
  await savePolicy(repository, SOURCE, { ...EMPTY_POLICY, retention: { keepLatest: 1, ...none } });
}

describe('expiration', () => {
  it('deletes what the policy of the source does not keep', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    const ids = await threeSnapshots(rig, repository);
    await keepLatestOne(repository);
    const plan = await planExpiration(repository);
    expect(plan).toHaveLength(1);
    expect(await listSnapshots(repository)).toHaveLength(3);
    expect((await applyExpiration(repository, plan)).toSorted()).toEqual(ids.slice(0, 2).toSorted());
    expect((await listSnapshots(repository)).map(({ id }) => id)).toEqual(ids.slice(2));
    expect(await applyExpiration(repository, await planExpiration(repository))).toEqual([]);
    await repository.close();
  });

  it('keeps pinned snapshots and other sources', async () => {
    using rig = await createMaintenanceRig();
    const repository = await rig.open();
    const [first = ''] = await threeSnapshots(rig, repository);
    const copy = await loadSnapshot(repository, first);
    const pinned = await saveSnapshot(repository, { ...copy, pins: ['for ever'] });
    const elsewhere = await saveSnapshot(repository, { ...copy, source: { ...SOURCE, path: '/other' } });
    await keepLatestOne(repository);
    await applyExpiration(repository, await planExpiration(repository, [SOURCE]));
    const left = (await listSnapshots(repository)).map(({ id }) => id);
    expect(left).toContain(pinned.id);
    expect(left).toContain(elsewhere.id);
    expect(left).toHaveLength(3);
    await repository.close();
  });
});
