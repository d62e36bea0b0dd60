import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openCli } from './testing/cli-process.ts';

const REPOSITORY = '.local/share/holdfast/repository';
const PASSWORD = '.config/holdfast/embedded.kopia-password';
const CONNECTION = '.config/holdfast/repository.config';

test('the first snapshot makes a repository that later commands find, and says where it is', async () => {
  using cli = openCli();
  writeTree(cli.path('source'));
  const first = await cli.run(['snapshot', 'create', 'source']);
  expect(first).toMatchObject({ code: 0, stdout: '' });
  expect(first.stderr).toContain(cli.path(REPOSITORY));
  expect(first.stderr).toContain(cli.path(PASSWORD));
  expect(first.stderr).toMatch(/keep a copy of the password/i);
  expect(statSync(cli.path(PASSWORD)).mode & 0o777).toBe(0o600);
  expect(statSync(cli.path(CONNECTION)).mode & 0o777).toBe(0o600);
  const password = Buffer.from(readFileSync(cli.path(PASSWORD), 'utf8'), 'base64').toString('utf8');
  expect(password.length).toBeGreaterThanOrEqual(32);
  expect(first.stderr).not.toContain(password);

  const second = await cli.run(['snapshot', 'create', 'source']);
  expect(second.code).toBe(0);
  expect(second.stderr).not.toContain(cli.path(REPOSITORY));
  expect(await cli.json(['snapshot', 'list', '--json'])).toHaveLength(2);
});

test('after disconnecting, the same repository and password are used again', async () => {
  using cli = openCli();
  writeTree(cli.path('source'));
  await cli.mustRun(['snapshot', 'create', 'source']);
  await cli.mustRun(['repository', 'disconnect']);
  expect(existsSync(cli.path(CONNECTION))).toBe(false);
  expect((await cli.run(['snapshot', 'list'])).stderr).toMatch(/no repository is connected/);
  await cli.mustRun(['snapshot', 'create', 'source']);
  expect(await cli.json(['snapshot', 'list', '--json'])).toHaveLength(2);
});

test('a password from the environment becomes that of the new repository', async () => {
  using cli = openCli();
  const env = { HOLDFAST_PASSWORD: 'chosen by me' };
  writeTree(cli.path('source'));
  await cli.mustRun(['snapshot', 'create', 'source'], { env });
  expect(await cli.json(['snapshot', 'list', '--json'], { env })).toHaveLength(1);
  expect(await cli.json(['snapshot', 'list', '--json'])).toHaveLength(1);
});

test('no repository is made when there is nothing to save, or when a connection was named', async () => {
  using cli = openCli();
  expect(await cli.run(['snapshot', 'create', 'missing'])).toMatchObject({ code: 1 });
  writeTree(cli.path('source'));
  const named = await cli.run(['--config-file', './other.config', 'snapshot', 'create', 'source']);
  expect(named).toMatchObject({ code: 1, stdout: '' });
  expect(named.stderr).toContain('other.config');
  expect(existsSync(cli.path(REPOSITORY))).toBe(false);
});

test('a password left by an interrupted attempt is used, not replaced', async () => {
  using cli = openCli();
  writeTree(cli.path('source'));
  await cli.mustRun(['snapshot', 'create', 'source']);
  const password = readFileSync(cli.path(PASSWORD), 'utf8');
  rmSync(cli.path('.local'), { recursive: true });
  rmSync(cli.path(CONNECTION));
  await cli.mustRun(['snapshot', 'create', 'source']);
  expect(readFileSync(cli.path(PASSWORD), 'utf8')).toBe(password);
});

function writeTree(directory: string): void {
  mkdirSync(directory);
  writeFileSync(`${directory}/file.txt`, 'hello\n');
}
