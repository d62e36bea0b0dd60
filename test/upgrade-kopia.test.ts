import { mkdirSync, writeFileSync } from 'node:fs';

import { setRepositoryParameters, upgradeRepository } from '@holdfast/repository';
import { listSnapshots } from '@holdfast/uploader';
import { describe, expect, test } from 'vitest';

import { findFixture, unpackFixture } from './support/fixtures.ts';
import { backUp, openLocal, openScratch, verifyAll } from './support/repository.ts';
import { findTool, openTool, titleFor } from './support/tools.ts';

describe.skipIf(!findTool('kopia'))(titleFor('kopia', 'an upgraded repository'), () => {
  test.each(['parameters', 'lock'])('is one to kopia, which writes beside us (%s)', async (way) => {
    using fixture = unpackFixture(findFixture('format-v1'));
    using scratch = openScratch();
    using kopia = openTool('kopia');
    const { path, expected } = fixture;
    const { password } = expected;
    const env = { KOPIA_PASSWORD: password };
    await upgrade(path, password, way);

    kopia.mustRun(['repository', 'connect', 'filesystem', '--path', path], env);
    const run = (...args: string[]): string => kopia.mustRun(args, env);
    run('snapshot', 'verify', '--verify-files-percent=100');
    run('content', 'verify', '--full', '--include-deleted');
    const status: unknown = JSON.parse(run('repository', 'status', '--json'));
    const epochParameters = expect.objectContaining({ Enabled: true });
    const contentFormat = { version: way === 'lock' ? 3 : 2, indexVersion: 2, epochParameters };
    expect(status).toMatchObject({ contentFormat });

    mkdirSync(scratch.at('source'));
    writeFileSync(scratch.at('source', 'theirs'), 'written by kopia');
    run('snapshot', 'create', scratch.at('source'));
    writeFileSync(scratch.at('source', 'ours'), 'written by us');
    const repository = await openLocal(path, password);
    await backUp(repository, scratch.at('source'));
    expect(await verifyAll(repository)).toEqual([]);
    expect(await listSnapshots(repository)).toHaveLength(expected.snapshots.length + 2);
    await repository.close();
    run('snapshot', 'verify', '--verify-files-percent=100');
    run('maintenance', 'set', '--owner=me');
    run('maintenance', 'run', '--full', '--safety=none');
    run('snapshot', 'verify', '--verify-files-percent=100');
  });

  test('that kopia upgraded is one to us, and parameters set here are set for kopia', async () => {
    using fixture = unpackFixture(findFixture('format-v1'));
    using kopia = openTool('kopia');
    const { path, expected } = fixture;
    const env = { KOPIA_PASSWORD: expected.password };
    kopia.mustRun(['repository', 'connect', 'filesystem', '--path', path], env);
    kopia.mustRun(['repository', 'set-parameters', '--upgrade'], env);
    const repository = await openLocal(path, expected.password);
    expect(await verifyAll(repository)).toEqual([]);
    const changes = { maxPackSize: 33 << 20, epochs: { epochAdvanceOnCountThreshold: 33 } };
    await setRepositoryParameters(repository.maintenanceParts(), changes);
    await repository.close();
    kopia.mustRun(['repository', 'connect', 'filesystem', '--path', path], env);
    expect(JSON.parse(kopia.mustRun(['repository', 'status', '--json'], env))).toMatchObject({
      contentFormat: { maxPackSize: 33 << 20, epochParameters: { EpochAdvanceOnCountThreshold: 33 } },
    });
  });
});

async function upgrade(path: string, password: string, way: string): Promise<void> {
  const repository = await openLocal(path, password);
  const parts = repository.maintenanceParts();
  const timing = { ioDrainTimeoutMs: 100, statusPollIntervalMs: 50, maxClockDriftMs: 1 };
  if (way === 'lock') await upgradeRepository(parts, { ownerId: 'me', ...timing });
  else await setRepositoryParameters(parts, { upgrade: true });
  await repository.close();
}
