import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createRepositoryFor, openCli } from '../../testing/cli-process.ts';

test('a rule of the policy leaves files out, and removing the policy lets them in again', async () => {
  using cli = openCli();
  await createRepositoryFor(cli);
  mkdirSync(cli.path('source'));
  for (const name of ['keep.txt', 'drop.tmp']) writeFileSync(cli.path(`source/${name}`), name);
  await cli.mustRun(['policy', 'set', 'source', '--add-ignore', '*.tmp', '--keep-latest', '2']);
  expect(await cli.json(['policy', 'get', 'source', '--json'])).toMatchObject({
    retention: { keepLatest: 2, keepHourly: 48 },
    files: { ignore: ['*.tmp'] },
  });
  expect(await cli.mustRun(['policy', 'show', 'source'])).toMatch(/files\.ignore +\*\.tmp +\(defined here\)/);
  const created = await cli.json(['snapshot', 'create', 'source', '--json']);
  expect(created).toMatchObject({ rootEntry: { summ: { files: 1 } } });

  await cli.mustRun(['policy', 'remove', 'source', '--dry-run']);
  expect(await cli.json(['policy', 'list', '--json'])).toHaveLength(2);
  await cli.mustRun(['policy', 'delete', 'source']);
  expect(await cli.json(['policy', 'list', '--json'])).toMatchObject([{ target: { path: '' } }]);
  expect(await cli.json(['snapshot', 'create', 'source', '--json'])).toMatchObject({
    rootEntry: { summ: { files: 2 } },
  });
});

test('policies are set for everything, a host, a user and a path, and found by their ID', async () => {
  using cli = openCli();
  await createRepositoryFor(cli);
  const targets = ['--global', '@host', 'user@host', 'user@host:/path'];
  for (const [i, target] of targets.entries())
    await cli.mustRun(['policy', 'set', target, '--keep-daily', String(i + 1)]);
  const lines = (await cli.mustRun(['policy', 'list'])).trim().split('\n');
  expect(lines.map((line) => line.replace(/^\S+ /, ''))).toEqual([
    '(global)',
    '@host',
    'user@host',
    'user@host:/path',
  ]);
  const show = async (target: string): Promise<unknown> =>
    await cli.json(['policy', 'show', target, '--json']);
  expect(await show('user@host:/path/below')).toMatchObject({ retention: { keepDaily: 4 } });
  expect(await show('user@host:/elsewhere')).toMatchObject({ retention: { keepDaily: 3 } });
  expect(await show('other@host:/x')).toMatchObject({ retention: { keepDaily: 2 } });
  expect(await show(lines[1]?.split(' ')[0] ?? '')).toMatchObject({ retention: { keepDaily: 2 } });
});

test('says what is wrong with a policy', async () => {
  using cli = openCli();
  await createRepositoryFor(cli);
  for (const flags of [
    ['--keep-daily', 'many'],
    ['--manual', '--snapshot-interval', '1h'],
    ['--snapshot-time', '25:00'],
    ['--snapshot-time-crontab', '0 25 * * *'],
    ['--action-command-mode', 'perhaps', '--after-folder-action', 'x'],
    ['--action-command-timeout', '1m'],
  ])
    expect(await cli.run(['policy', 'set', '--global', ...flags])).toMatchObject({ code: 2, stdout: '' });
  expect((await cli.run(['policy', 'set', '--global', 'path', '--keep-daily', '1'])).code).toBe(2);
});
