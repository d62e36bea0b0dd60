import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openCli } from './testing/cli-process.ts';

test.each([
  [['snapshot', 'create']],
  [['snapshot', 'create', '--all', 'x']],
  [['snapshot', 'create', 'x', '--tags', 'no colon']],
  [['snapshot', 'create', 'x', '--force-hash', '101']],
  [['snapshot', 'create', 'x', '--start-time', 'yesterday']],
  [['snapshot', 'create', 'x', 'y', '--stdin-file', 'z']],
  [['snapshot', 'restore']],
  [['snapshot', 'list', '--max-results', '-1']],
  [['repository', 'create', 'filesystem']],
  [['repository', 'create', 'filesystem', '--path', 'r', '--block-hash', 'MD5']],
  [['repository', 'connect', 'nowhere']],
  [['policy', 'set', '--global']],
  [['snapshot', 'list', '--tags', 'no colon']],
  [['manifest', 'list', '--filter', 'x']],
])('%j is a usage error: 2, nothing on standard output, nothing made', async (args) => {
  using cli = openCli();
  const result = await cli.run(args);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toMatch(/\S/);
  expect(result.stderr).not.toMatch(/\n\s+at /);
  expect(existsSync(cli.path('.local'))).toBe(false);
});

test('an ID that names nothing, or nothing of the kind that is needed, is no usage error: 1', async () => {
  using cli = openCli();
  mkdirSync(cli.path('source'));
  writeFileSync(cli.path('source/file'), 'x');
  const snapshot = await cli.mustRun(['snapshot', 'create', 'source', '--json']);
  const missing = 'ab'.repeat(16);
  for (const command of ['ls', 'show', 'snapshot delete', 'snapshot verify', 'manifest show', 'content show'])
    for (const id of ['no-such-ID', missing])
      expect(await cli.run([...command.split(' '), id]), `${command} ${id}`).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/^holdfast: .*(?:no-such-ID|abab)/),
      });
  const file = await cli.run(['ls', `${JSON.parse(snapshot).id}/file`]);
  expect(file).toMatchObject({ code: 1, stderr: expect.stringMatching(/is not a directory/) });
});

test.runIf(process.getuid?.() === 0)(
  '3 when files could not be saved, 0 when a policy ignores that',
  async () => {
    using cli = openCli();
    // Root reads everything, so somebody else has to try.
    const nobody = 65_534;
    chownSync(cli.directory, nobody, nobody);
    mkdirSync(cli.path('source'), { mode: 0o755 });
    writeFileSync(cli.path('source/open'), 'open');
    writeFileSync(cli.path('source/closed'), 'closed');
    chmodSync(cli.path('source/closed'), 0o000);
    await cli.run(['--version']);
    chownSync(cli.path('tmp'), nobody, nobody);
    const partial = await cli.run(['snapshot', 'create', 'source', '--json'], { uid: nobody });
    expect(partial.code).toBe(3);
    expect(JSON.parse(partial.stdout)).toMatchObject({ rootEntry: { summ: { files: 1, numFailed: 1 } } });
    expect(partial.stderr).toMatch(/cannot save closed: .*EACCES/);
    const failFast = await cli.run(['snapshot', 'create', 'source', '--fail-fast'], { uid: nobody });
    expect(failFast.code).toBe(1);
    expect(failFast.stderr).toMatch(/Created partial snapshot/);
    await cli.mustRun(['policy', 'set', 'source', '--ignore-file-errors', 'true'], { uid: nobody });
    const ignored = await cli.run(['snapshot', 'create', 'source'], { uid: nobody });
    expect(ignored.code).toBe(0);
    const ignoredFast = await cli.run(['snapshot', 'create', 'source', '--fail-fast'], { uid: nobody });
    expect(ignoredFast.code).toBe(0);
    expect(ignored.stderr).toMatch(/warning: ignored 1 error/);
  },
);

test('3 when files could not be restored, 0 with --ignore-errors', async () => {
  using cli = openCli();
  mkdirSync(cli.path('source'));
  for (const name of ['a', 'b']) writeFileSync(cli.path(`source/${name}`), name);
  await cli.mustRun(['snapshot', 'create', 'source']);
  mkdirSync(cli.path('target'));
  writeFileSync(cli.path('target/a'), 'mine');
  const restore = ['restore', 'source', 'target', '--no-overwrite-files', '--json'];
  const partial = await cli.run(restore);
  expect(partial.code).toBe(3);
  expect(JSON.parse(partial.stdout)).toMatchObject({ failedCount: 1, failed: [{ path: 'a' }] });
  expect(readFileSync(cli.path('target/a'), 'utf8')).toBe('mine');
  expect(readFileSync(cli.path('target/b'), 'utf8')).toBe('b');
  const ignored = await cli.run([...restore, '--ignore-errors']);
  expect(ignored.code).toBe(0);
  expect(ignored.stderr).toMatch(/warning: 2 entries could not be restored/);
});

test('1 when one of several sources fails; the others are saved', async () => {
  using cli = openCli();
  mkdirSync(cli.path('source'));
  const result = await cli.run(['snapshot', 'create', 'missing', 'source', '--json']);
  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(/1 of 2 sources/);
  expect(JSON.parse(result.stdout)).toMatchObject({ source: { path: cli.path('source') } });
});

test('1 when verification finds damage, with the damage in JSON', async () => {
  using cli = openCli();
  mkdirSync(cli.path('source'));
  writeFileSync(cli.path('source/file'), 'x'.repeat(1000));
  await cli.mustRun(['snapshot', 'create', 'source']);
  const [pack] = (await cli.mustRun(['blob', 'list', '--prefix', 'p'])).split(' ');
  const file = `.local/share/holdfast/repository/p/${pack?.slice(1, 4)}/${pack?.slice(4)}.f`;
  const bytes = readFileSync(cli.path(file));
  writeFileSync(
    cli.path(file),
    bytes.map((byte) => byte ^ 1),
  );
  const result = await cli.run(['snapshot', 'verify', '--verify-files-percent', '100', '--json']);
  expect(result.code).toBe(1);
  expect(JSON.parse(result.stdout)).toMatchObject({
    errorCount: 1,
    errorStrings: [expect.stringContaining('file')],
  });
});

test('130 after Ctrl-C, with a checkpoint that the next run starts from', async () => {
  using cli = openCli();
  mkdirSync(cli.path('source'));
  for (let i = 0; i < 60; i++) writeFileSync(cli.path(`source/${i}`), Buffer.alloc(8 << 20, i + 1));
  await cli.mustRun(['repository', 'create', 'filesystem', '--path', 'r'], {
    env: { HOLDFAST_PASSWORD: 'x' },
  });
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=source', main, 'snapshot', 'create', 'source'], {
    cwd: cli.directory,
    env: { HOME: cli.directory },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (!stderr.includes('Snapshotting') && text.includes('Snapshotting')) child.kill('SIGINT');
    stderr += text;
  });
  const [code] = await once(child, 'close');
  expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringMatching(/holdfast: interrupted\n$/) });
  expect(stderr).toMatch(/^Stopping: .* checkpoint.* Ctrl-C again ends at once\.$/m);
  const list = ['snapshot', 'list', '--json'];
  expect(await cli.json(list)).toMatchObject([{ incomplete: 'canceled' }]);
  await cli.mustRun(['snapshot', 'create', 'source']);
  expect(await cli.json(list)).not.toContainEqual(expect.objectContaining({ incomplete: expect.anything() }));
});
