import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type NewFormat, type Repository, systemClock } from '@holdfast/repository';
import { deleteSnapshots, listSnapshots, maintenanceInfo, runMaintenance } from '@holdfast/uploader';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { filesBelow, shiftFileTimes, storedBlobIds } from './support/blob-files.ts';
import {
  backUp,
  createLocal,
  openLocal,
  openScratch,
  type Scratch,
  verifyAll,
} from './support/repository.ts';
import { findTool, openTool, titleFor, type Tool } from './support/tools.ts';

let scratch: Scratch;
beforeAll(() => {
  scratch = openScratch();
});
afterAll(() => scratch[Symbol.dispose]());

const CLIENT = ['--override-username=user', '--override-hostname=host'];
/** A second, which is what index entries are dated with, and some. */
const TICK_MS = 1100;

describe.skipIf(!findTool('kopia'))(titleFor('kopia', 'maintenance beside kopia'), () => {
  test.each<[string, NewFormat]>([
    ['the newest format', {}],
    ['format 2 with error correction', { formatVersion: 2, eccOverheadPercent: 5 }],
    ['format 1', { formatVersion: 1 }],
  ])('kopia reads everything after our runs: %s', { timeout: 120_000 }, async (name, format) => {
    const path = scratch.at(`ours ${name}`);
    const repository = await createLocal(path, format);
    using kopia = openTool('kopia');
    kopia.mustRun(['repository', 'connect', 'filesystem', '--path', path, ...CLIENT]);
    const data = join(scratch.path, 'data', name);
    for (let round = 0; round < 3; round++) {
      await saveAndForget(repository, kopia, { data, round });
      for (const mode of ['quick', 'full'] as const)
        for (const safety of ['full', 'none'] as const) {
          const report = await runMaintenance(repository, { mode, safety });
          expect(report.outcome).toBe('done');
        }
      expectWhole(kopia);
      expect(await verifyAll(repository)).toEqual([]);
    }
    expect(dataBytes(path)).toBeLessThan(2_000_000);
    await repository.close();
  });

  test('kopia and we take turns', { timeout: 120_000 }, async () => {
    const path = scratch.at('turns');
    using kopia = openTool('kopia');
    kopia.mustRun(['repository', 'create', 'filesystem', '--path', path, ...CLIENT]);
    const data = join(scratch.path, 'data', 'turns');
    for (let round = 0; round < 3; round++) {
      const repository = await openLocal(path);
      await saveAndForget(repository, kopia, { data, round });
      kopia.mustRun(['maintenance', 'run', '--full', '--safety=full']);
      await runMaintenance(repository, { mode: 'full', safety: 'full' });
      kopia.mustRun(['maintenance', 'run', '--full', '--safety=none']);
      await repository.refresh();
      expect(await verifyAll(repository)).toEqual([]);
      await runMaintenance(repository, { mode: 'full', safety: 'none' });
      await repository.close();
      expectWhole(kopia);
    }
  });

  test('both read one schedule', { timeout: 60_000 }, async () => {
    const path = scratch.at('schedule');
    const repository = await createLocal(path);
    using kopia = openTool('kopia');
    kopia.mustRun(['repository', 'connect', 'filesystem', '--path', path, ...CLIENT]);
    await runMaintenance(repository, { mode: 'full', safety: 'none' });
    const info = kopia.mustRun(['maintenance', 'info']);
    expect(info).toContain('Owner: user@host');
    expect(info).toMatch(/snapshot-gc:\s+\S+ \S+ \S+ \(\S+\) SUCCESS: Found 0/);
    expect(info).not.toContain('ERROR');
    kopia.mustRun(['maintenance', 'set', '--full-interval=48h', '--enable-quick=false']);
    kopia.mustRun(['maintenance', 'run', '--full']);
    await repository.refresh();
    const { parameters, schedule } = await maintenanceInfo(repository);
    expect(parameters.full.intervalMs).toBe(48 * 3_600_000);
    expect(parameters.quick.enabled).toBe(false);
    expect(schedule.runs['snapshot-gc']).toHaveLength(2);
    await repository.close();
  });

  test('epochs advance under both', { timeout: 240_000 }, async () => {
    const path = scratch.at('epochs');
    using kopia = openTool('kopia');
    kopia.mustRun(['repository', 'create', 'filesystem', '--path', path, ...CLIENT]);
    const small = ['--epoch-advance-on-count=10', '--epoch-checkpoint-frequency=3'];
    kopia.mustRun(['repository', 'set-parameters', ...small]);
    // Otherwise kopia trusts a listing for half a minute, and may not see that the epoch is full.
    kopia.mustRun(['cache', 'set', '--max-list-cache-duration=0s']);
    const data = join(scratch.path, 'data', 'epochs');
    for (let epoch = 0; epoch < 6; epoch++) {
      const repository = await openLocal(path);
      await writeEpoch(repository, kopia, { path, data, epoch });
      const mode = epoch % 2 === 0 ? 'full' : 'quick';
      if (epoch % 3 === 0) kopia.mustRun(['maintenance', 'run', ...(mode === 'full' ? ['--full'] : [])]);
      else await runMaintenance(repository, { mode });
      await repository.refresh();
      expect(await verifyAll(repository)).toEqual([]);
      await repository.close();
      if (epoch % 2 === 1) expectWhole(kopia);
      expect(indexBlobs(path)).toContainEqual(expect.stringMatching(new RegExp(`^xe${epoch + 1}$`)));
    }
    expect(indexBlobs(path)).toContainEqual(expect.stringMatching(/^xs1_/));
    expect(indexBlobs(path)).toContainEqual(expect.stringMatching(/^xr0_/));
  });
});

interface Round {
  readonly data: string;
  readonly round: number;
}

/** Both clients save a tree that has changed by half; older snapshots are deleted. */
async function saveAndForget(repository: Repository, kopia: Tool, { data, round }: Round): Promise<void> {
  writeFiles(data, round);
  await backUp(repository, data);
  kopia.mustRun(['snapshot', 'create', data, '--no-auto-maintenance']);
  await repository.refresh();
  const ids = (await listSnapshots(repository)).map(({ id }) => id);
  await deleteSnapshots(repository, ids.slice(0, -2));
  await waitTick();
}

function writeFiles(directory: string, round: number): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(directory, 'sub'), { recursive: true });
  for (let i = 0; i < 20; i++) {
    const text = `${i % 2 === 0 ? 'stays' : `round ${round}`} ${i} `;
    writeFileSync(join(directory, i % 3 === 0 ? 'sub' : '', `file-${i}`), text.repeat(2000 + i));
  }
}

interface EpochRound {
  readonly path: string;
  readonly data: string;
  readonly epoch: number;
}

/** At least ten index blobs over more than a day. */
async function writeEpoch(
  repository: Repository,
  kopia: Tool,
  { path, data, epoch }: EpochRound,
): Promise<void> {
  mkdirSync(data, { recursive: true });
  for (let i = 0; i < 12; i++) {
    writeFileSync(join(data, 'changing'), `epoch ${epoch} snapshot ${i}`);
    if (i % 6 === 0) kopia.mustRun(['snapshot', 'create', data, '--no-auto-maintenance']);
    else await backUp(repository, data, { forceHashPercent: 100 });
  }
  shiftFileTimes(path, 26 * 3600);
  writeFileSync(join(data, 'changing'), `end of epoch ${epoch}`);
  await backUp(repository, data);
}

function expectWhole(kopia: Tool): void {
  kopia.mustRun(['snapshot', 'verify', '--verify-files-percent=100']);
  const { code, stdout, stderr } = kopia.run(['content', 'verify', '--download-percent=100']);
  expect(code, stdout + stderr).toBe(0);
}

function indexBlobs(path: string): string[] {
  return storedBlobIds(path).filter((id) => id.startsWith('x'));
}

function dataBytes(path: string): number {
  return filesBelow(path).reduce((sum, file) => sum + statSync(file).size, 0);
}

async function waitTick(): Promise<void> {
  await systemClock.sleep(TICK_MS);
}
