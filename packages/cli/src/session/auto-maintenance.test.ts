import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type CliProcess, createRepositoryFor, openCli } from '../testing/cli-process.ts';

/** What the tests look at in `maintenance info`. */
interface Info {
  readonly due: string | null;
  readonly schedule: { readonly runs: Readonly<Record<string, readonly unknown[]>> };
}

test('a command that changes snapshots runs what is due, once', async () => {
  using cli = await cliWithTree();
  expect(await info(cli)).toMatchObject({ due: 'full', schedule: { runs: {} } });
  const { stderr, stdout } = await cli.run(['snapshot', 'create', 'source', '--json']);
  expect(JSON.parse(stdout)).toHaveProperty('id');
  expect(stderr).not.toMatch(/maintenance/i);
  const after = await info(cli);
  expect(after.due).toBeNull();
  expect(after.schedule.runs['snapshot-gc']).toHaveLength(1);
  await cli.mustRun(['snapshot', 'create', 'source']);
  expect(await info(cli)).toEqual(after);
  expect((await cli.run(['snapshot', 'verify', '--verify-files-percent', '100'])).code).toBe(0);
});

test('deleting, expiring and fixing maintain too, only asking does not', async () => {
  using cli = await cliWithTree();
  const { id } = JSON.parse(
    await cli.mustRun(['snapshot', 'create', 'source', '--json', '--no-auto-maintenance']),
  );
  await cli.mustRun(['policy', 'set', 'source', '--keep-latest', '3']);
  await cli.mustRun(['snapshot', 'delete', id]);
  await cli.mustRun(['snapshot', 'expire', '--all']);
  await cli.mustRun(['snapshot', 'list']);
  expect((await info(cli)).schedule.runs).toEqual({});
  await cli.mustRun(['snapshot', 'expire', '--all', '--delete']);
  expect((await info(cli)).schedule.runs).toHaveProperty('snapshot-gc');
});

test('what somebody else owns is left to them', async () => {
  using cli = await cliWithTree();
  await cli.mustRun(['maintenance', 'set', '--owner', 'somebody@else']);
  await cli.mustRun(['snapshot', 'create', 'source']);
  expect((await info(cli)).schedule.runs).toEqual({});
});

test('a maintenance that fails turns no good command bad', async () => {
  using cli = await cliWithTree();
  writeFileSync(cli.path('repository/kopia.maintenance.f'), 'damaged');
  const result = await cli.run(['snapshot', 'create', 'source']);
  expect(result.code).toBe(0);
  expect(result.stderr).toContain('warning: automatic maintenance did not finish:');
});

async function cliWithTree(): Promise<CliProcess> {
  const cli = openCli();
  await createRepositoryFor(cli);
  mkdirSync(cli.path('source'));
  writeFileSync(cli.path('source/file'), 'text');
  return cli;
}

async function info(cli: CliProcess): Promise<Info> {
  // The tests are about what is in it.
  return (await cli.json(['maintenance', 'info', '--json'])) as Info;
}

test('the parameters of maintenance are those of kopia', async () => {
  using cli = openCli();
  await createRepositoryFor(cli);
  const flags = ['--max-retained-log-count=7', '--max-retained-log-age=48h', '--max-retained-log-size-mb=3'];
  await cli.mustRun(['maintenance', 'set', ...flags, '--list-parallelism=4']);
  await cli.mustRun(['maintenance', 'set', '--max-retained-log-count=8']);
  expect(await cli.json(['maintenance', 'info', '--json'])).toMatchObject({
    logRetention: { maxCount: 8, maxAge: 48 * 3600e9, maxTotalSize: 3 << 20 },
    listParallelism: 4,
  });
});
