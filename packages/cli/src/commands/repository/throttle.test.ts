import { readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { findTool, openTool, titleFor } from '../../../../../test/support/tools.ts';
import { type CliProcess, createRepositoryFor, openCli } from '../../testing/cli-process.ts';

const THROTTLE = ['repository', 'throttle'];

function connectionOf(cli: CliProcess): unknown {
  return JSON.parse(readFileSync(cli.path('.config/holdfast/repository.config'), 'utf8'));
}

test('limits are kept in the connection file and shown', async () => {
  using cli = openCli();
  const env = await createRepositoryFor(cli);
  expect(await cli.mustRun([...THROTTLE, 'get'], { env })).toMatch(/^(?:Max [^:]+: +\(unlimited\)\n){7}$/);
  const { stderr } = await cli.run(
    [
      ...THROTTLE,
      'set',
      '--upload-bytes-per-second=1e5',
      '--write-requests-per-second=1.5',
      '--concurrent-reads=2',
    ],
    { env },
  );
  expect(stderr).toContain('Setting max upload speed to 100 KB/s.\n');
  const limits = { maxUploadSpeedBytesPerSecond: 100_000, writesPerSecond: 1.5, concurrentReads: 2 };
  expect(connectionOf(cli)).toHaveProperty('throttlingLimits', limits);
  expect(await cli.json([...THROTTLE, 'get', '--json'], { env })).toEqual(limits);
  await cli.mustRun([...THROTTLE, 'set', '--upload-bytes-per-second=-', '--concurrent-reads=unlimited'], {
    env,
  });
  expect(connectionOf(cli)).toHaveProperty('throttlingLimits', { writesPerSecond: 1.5 });
  expect((await cli.run([...THROTTLE, 'set'], { env })).stderr).toContain('No changes made.');
  for (const wrong of ['--concurrent-reads=1.5', '--read-requests-per-second=fast', '--concurrent-writes=-1'])
    expect((await cli.run([...THROTTLE, 'set', wrong], { env })).code).not.toBe(0);
});

test('a backup takes as long as the limit says', async () => {
  using cli = openCli();
  const env = await createRepositoryFor(cli);
  writeFileSync(cli.path('file'), randomBytes(300_000));
  await cli.mustRun([...THROTTLE, 'set', '--upload-bytes-per-second=100000'], { env });
  const startMs = performance.now();
  await cli.mustRun(['snapshot', 'create', 'file'], { env });
  // The first second is free.
  expect(performance.now() - startMs).toBeGreaterThan(2000);
});

describe.skipIf(!findTool('kopia'))(titleFor('kopia', 'limits of kopia'), () => {
  test('are read and written', async () => {
    using cli = openCli();
    using kopia = openTool('kopia');
    const env = await createRepositoryFor(cli);
    const both = {
      KOPIA_CONFIG_PATH: cli.path('.config/holdfast/repository.config'),
      KOPIA_PASSWORD: env['HOLDFAST_PASSWORD'] ?? '',
    };
    kopia.mustRun([...THROTTLE, 'set', '--list-requests-per-second=7'], both);
    await cli.mustRun([...THROTTLE, 'set', '--concurrent-writes=3'], { env });
    const limits = { listsPerSecond: 7, concurrentWrites: 3 };
    expect(await cli.json([...THROTTLE, 'get', '--json'], { env })).toEqual(limits);
    expect(JSON.parse(kopia.mustRun([...THROTTLE, 'get', '--json'], both))).toEqual(limits);
  });
});
