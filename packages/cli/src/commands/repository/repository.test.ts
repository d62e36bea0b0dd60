import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createRepositoryFor, openCli } from '../../testing/cli-process.ts';

test('makes a repository, connects to it, shows it and lets go of it', async () => {
  using cli = openCli();
  const env = await createRepositoryFor(cli);
  const status = await cli.json(['repository', 'status', '--json']);
  expect(status).toMatchObject({
    configFile: cli.path('.config/holdfast/repository.config'),
    storage: { type: 'filesystem', config: { path: cli.path('repository') } },
    contentFormat: { hash: 'HMAC-SHA256-128', version: 3 },
    objectFormat: { splitter: 'DYNAMIC-4M-BUZHASH' },
  });
  expect(JSON.stringify(status)).not.toMatch(/masterKey|secret|correct horse/);
  expect(await cli.mustRun(['repo', 'status'])).toMatch(/^Hash: +HMAC-SHA256-128$/m);
  await cli.mustRun(['repository', 'disconnect']);
  expect((await cli.run(['repository', 'status'], { env })).code).toBe(1);
  await cli.mustRun(['repository', 'connect', 'filesystem', '--path', cli.path('repository')], { env });
  await cli.mustRun(['repository', 'status']);
});

test('starts with a global policy: zstd-fastest, or as kopia does', async () => {
  using cli = openCli();
  await createRepositoryFor(cli);
  const policy = await cli.json(['policy', 'show', '--global', '--json']);
  expect(policy).toMatchObject({
    compression: { compressorName: 'zstd-fastest' },
    retention: { keepLatest: 10 },
  });
  const env = { KOPIA_PASSWORD: 'x' };
  const create = ['repository', 'create', 'filesystem', '--path', 'other', '--kopia-defaults'];
  await cli.mustRun(create, { env });
  expect(await cli.json(['policy', 'show', '--global', '--json'])).toMatchObject({
    compression: { compressorName: 'none' },
  });
  expect(await cli.json(['repository', 'status', '--json'])).toMatchObject({
    contentFormat: { hash: 'BLAKE2B-256-128' },
  });
});

test('makes what its flags say', async () => {
  using cli = openCli();
  const flags = ['--block-hash', 'BLAKE3-256', '--encryption', 'CHACHA20-POLY1305-HMAC-SHA256'];
  flags.push('--object-splitter', 'FIXED-1M', '--format-version', '2', '--ecc-overhead-percent', '2');
  const create = ['repository', 'create', 'filesystem', '--path', 'r', '--readonly', ...flags];
  await cli.mustRun(create, { env: { HOLDFAST_PASSWORD: 'x' } });
  expect(await cli.json(['repository', 'status', '--json'])).toMatchObject({
    clientOptions: { readonly: true },
    contentFormat: { hash: 'BLAKE3-256', encryption: 'CHACHA20-POLY1305-HMAC-SHA256', version: 2 },
    objectFormat: { splitter: 'FIXED-1M' },
  });
  const refused = await cli.run(['policy', 'set', '--global', '--keep-latest', '1']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/read-only/i);
});

test('refuses a place that is taken, one that is no repository, and a wrong password', async () => {
  using cli = openCli();
  const env = await createRepositoryFor(cli);
  const create = ['repository', 'create', 'filesystem', '--path'];
  expect((await cli.run([...create, 'repository'], { env })).stderr).toMatch(/already/);
  mkdirSync(cli.path('half/p/123'), { recursive: true });
  writeFileSync(cli.path('half/p/123/4567890123456789012345678901.f'), '');
  expect((await cli.run([...create, 'half'], { env })).stderr).toMatch(/there is data in/);

  mkdirSync(cli.path('empty'));
  const connect = ['repository', 'connect', 'filesystem', '--path'];
  const empty = await cli.run([...connect, 'empty']);
  expect(empty).toMatchObject({ code: 1, stdout: '' });
  expect(empty.stderr).toMatch(/no repository in .*empty/);
  const wrong = { HOLDFAST_PASSWORD: 'hunter2-wrong' };
  const refused = await cli.run([...connect, 'repository'], { env: wrong });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/password is wrong.*HOLDFAST_PASSWORD/);
  expect(refused.stderr).not.toMatch(/hunter2|\n\s+at /);
  // The connection that was there has not been touched.
  await cli.mustRun(['repository', 'status']);
});

test('asks for a password only where somebody can answer', async () => {
  using cli = openCli();
  const result = await cli.run(['repository', 'create', 'filesystem', '--path', 'r']);
  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(/HOLDFAST_PASSWORD/);
});

test('warns of a password on the command line and prefers it to the environment', async () => {
  using cli = openCli();
  const env = await createRepositoryFor(cli);
  const result = await cli.run(['-p', env.HOLDFAST_PASSWORD, 'snapshot', 'list', '--json'], {
    env: { HOLDFAST_PASSWORD: 'wrong' },
  });
  expect(result).toMatchObject({ code: 0, stdout: '[\n]\n' });
  expect(result.stderr).toMatch(/warning: .*--password/);
  expect(result.stderr).not.toContain(env.HOLDFAST_PASSWORD);
});

test('keeps the password only when it may', async () => {
  using cli = openCli();
  const env = await createRepositoryFor(cli);
  const kept = cli.path('.config/holdfast/repository.config.kopia-password');
  expect(readFileSync(kept, 'utf8')).toBe(Buffer.from(env.HOLDFAST_PASSWORD).toString('base64'));
  const connect = ['repository', 'connect', 'filesystem', '--path', 'repository', '--no-persist-credentials'];
  await cli.mustRun(connect, { env });
  expect(existsSync(kept)).toBe(false);
  expect((await cli.run(['repository', 'status'])).code).toBe(1);
});

test('changes the password', async () => {
  using cli = openCli();
  const env = await createRepositoryFor(cli);
  const change = ['repository', 'change-password'];
  await cli.mustRun(change, { env: { HOLDFAST_NEW_PASSWORD: 'another' } });
  await cli.mustRun(['repository', 'status']);
  expect((await cli.run(['repository', 'status'], { env })).code).toBe(1);
  await cli.mustRun(['repository', 'status'], { env: { HOLDFAST_PASSWORD: 'another' } });
});

test('finds the connection by flag, then by environment; plain names in the configuration directory', async () => {
  using cli = openCli();
  const env = { HOLDFAST_PASSWORD: 'x' };
  const create = ['repository', 'create', 'filesystem', '--path', 'r'];
  await cli.mustRun(['--config-file', 'named.config', ...create], { env });
  expect(existsSync(cli.path('.config/holdfast/named.config'))).toBe(true);
  await cli.mustRun(['repository', 'status'], { env: { KOPIA_CONFIG_PATH: 'named.config' } });
  const connect = ['repository', 'connect', 'filesystem', '--path', 'r'];
  await cli.mustRun([...connect, '--config-file=./here.config'], { env });
  expect(existsSync(cli.path('here.config'))).toBe(true);
  expect((await cli.run(['repository', 'status'])).code).toBe(1);
});

test('records that kopia may run actions, and says once that this program does not', async () => {
  using cli = openCli();
  const env = { HOLDFAST_PASSWORD: 'x' };
  const flags = ['filesystem', '--path', 'r', '--no-check-for-updates'];
  const enabled = async (): Promise<unknown> => {
    const status = await cli.json(['repository', 'status', '--json']);
    return Object(status).clientOptions.enableActions;
  };
  const created = await cli.run(['repository', 'create', ...flags, '--enable-actions'], { env });
  expect(created.stderr.match(/Holdfast runs no actions/g)).toHaveLength(1);
  expect(await enabled()).toBe(true);
  expect((await cli.run(['repository', 'connect', ...flags], { env })).stderr).not.toMatch(/actions/);
  expect(await enabled()).toBe(false);
  await cli.mustRun(['repository', 'connect', ...flags, '--enable-actions'], { env });
  expect(await enabled()).toBe(true);
});

test('connects to where a token or another connection file leads', async () => {
  using cli = openCli();
  const env = await createRepositoryFor(cli);
  const status = await cli.mustRun(['repository', 'status', '--reconnect-token', '-s']);
  const token = status.trim().split('\n').at(-1) ?? '';
  const connect = ['--config-file', './other.config', 'repository', 'connect', 'from-config'];
  await cli.mustRun([...connect, '--token-stdin'], { stdin: `${token}\n` });
  await cli.mustRun(['--config-file', './other.config', 'repository', 'status']);
  await cli.mustRun([...connect, '--file', '.config/holdfast/repository.config'], { env });
  expect((await cli.run([...connect, '--token', 'nonsense'])).stderr).not.toMatch(/\n\s+at /);
  expect((await cli.run(connect)).code).toBe(2);
  expect((await cli.run([...connect, '--token-stdin', '--token', token])).code).toBe(2);
});
