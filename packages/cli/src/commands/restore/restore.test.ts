import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findTool, openTool, titleFor } from '../../../../../test/support/tools.ts';
import { type CliProcess, createRepositoryFor, openCli } from '../../testing/cli-process.ts';

test('a shallow restore leaves placeholders, which come back by themselves', async () => {
  using cli = await cliWithSnapshot();
  await cli.mustRun(['restore', '--shallow', '1', 'source', 'out']);
  expect(treeOf(cli.path('out'))).toEqual([
    'dir',
    'dir/deep.kopia-entry',
    'dir/deep.kopia-entry/.kopia-entry',
    'dir/inner.kopia-entry',
    'file',
    'link',
  ]);
  await cli.mustRun(['restore', 'out/dir/deep.kopia-entry', 'out/dir/inner.kopia-entry']);
  expect(treeOf(cli.path('out'))).toEqual([
    'dir',
    'dir/deep',
    'dir/deep/bottom.kopia-entry',
    'dir/inner',
    'file',
    'link',
  ]);
  await cli.mustRun(['restore', 'source', 'out']);
  expect(treeOf(cli.path('out'))).toEqual(treeOf(cli.path('source')));
  expect(readFileSync(cli.path('out/dir/deep/bottom'), 'utf8')).toBe('bottom');
});

test('a snapshot of placeholders is that of the whole tree', async () => {
  using cli = await cliWithSnapshot();
  for (const name of ['dir-b', 'dir.a', 'file-b']) writeFileSync(cli.path(`source/${name}`), name);
  mkdirSync(cli.path('source/inner'));
  const whole = await create(cli, ['source']);
  await cli.mustRun(['restore', '--shallow', '0', 'source', 'out']);
  expect(existsSync(cli.path('out/dir.kopia-entry/.kopia-entry'))).toBe(true);
  const shallow = await create(cli, ['out', '--override-source', cli.path('source')]);
  expect(shallow.rootEntry.obj).toBe(whole.rootEntry.obj);
  const { files, dirs, size } = whole.rootEntry.summ;
  expect(shallow.rootEntry.summ).toMatchObject({ files, dirs, size, numFailed: 0 });
  expect((await create(cli, ['source'])).rootEntry.obj).toBe(whole.rootEntry.obj);
});

test('a placeholder that stands for nothing here is not saved', async () => {
  using cli = await cliWithSnapshot();
  await cli.mustRun(['restore', '--shallow', '0', 'source', 'out']);
  const entry = readFileSync(cli.path('out/file.kopia-entry'), 'utf8');
  const bad = {
    'foreign.kopia-entry': entry.replace(/"obj":"[^"]*"/, '"obj":"00112233445566778899aabbccddeeff"'),
    'broken.kopia-entry': entry.slice(0, -9),
    'no-object.kopia-entry': entry.replace(/"obj":"[^"]*"/, '"obj":"../../x"'),
    'twice.kopia-entry': entry,
    'directory.kopia-entry': entry.replace('"type":"f"', '"type":"d"'),
  };
  for (const [name, text] of Object.entries(bad)) writeFileSync(cli.path(`out/${name}`), text);
  writeFileSync(cli.path('out/twice'), '');
  mkdirSync(cli.path('out/empty.kopia-entry'));
  writeFileSync(cli.path('out/renamed.kopia-entry'), entry);
  const result = await cli.run(['snapshot', 'create', 'out', '--json']);
  expect(result).toMatchObject({ code: 3 });
  const { id, rootEntry } = JSON.parse(result.stdout);
  expect(rootEntry.summ.numFailed).toBe(6);
  expect((await cli.mustRun(['ls', id])).split('\n').filter(Boolean)).toEqual([
    'dir',
    'file',
    'link',
    'renamed',
    'twice',
  ]);
});

test('small files are none, and what is there is not replaced by a placeholder', async () => {
  using cli = await cliWithSnapshot();
  await cli.mustRun(['restore', '--shallow=0', '--shallow-minsize=5', 'source', 'out']);
  expect(treeOf(cli.path('out'))).toEqual([
    'dir.kopia-entry',
    'dir.kopia-entry/.kopia-entry',
    'file',
    'link',
  ]);
  const again = await cli.run(['restore', '--shallow=0', 'source', 'out']);
  expect(again).toMatchObject({ code: 3 });
  expect(again.stderr).toMatch(/file: .*exists, so no placeholder/);
  expect(readFileSync(cli.path('out/file'), 'utf8')).toBe('text');
  const none = await cli.run(['restore', 'out/file.kopia-entry']);
  expect(none).toMatchObject({ code: 1 });
  writeFileSync(cli.path('bad.kopia-entry'), 'no JSON');
  expect((await cli.run(['restore', 'bad.kopia-entry'])).stderr).toMatch(/is no placeholder/);
});

test('what the snapshot does not have is deleted when asked for, and nothing behind links', async () => {
  using cli = await cliWithSnapshot();
  mkdirSync(cli.path('elsewhere'));
  writeFileSync(cli.path('elsewhere/precious'), '');
  mkdirSync(cli.path('out/extra/sub'), { recursive: true });
  writeFileSync(cli.path('out/extra/sub/file'), '');
  symlinkSync(cli.path('elsewhere'), cli.path('out/extra/link'));
  symlinkSync(cli.path('elsewhere'), cli.path('out/dir'));
  mkdirSync(cli.path('out/file'));
  writeFileSync(cli.path('out/\u00e4'), '');
  const asked = await cli.run(['restore', 'source', 'out']);
  expect(asked.code).toBe(3);
  expect(existsSync(cli.path('out/extra/sub/file'))).toBe(true);
  const { removed, failedCount } = await removing(cli, [
    'restore',
    '--delete-extra',
    'source',
    'out',
    '--json',
  ]);
  expect({ removed, failedCount }).toEqual({
    removed: { directories: 2, files: 1, symlinks: 1 },
    failedCount: 0,
  });
  expect(treeOf(cli.path('out'))).toEqual(treeOf(cli.path('source')));
  expect(existsSync(cli.path('elsewhere/precious'))).toBe(true);
});

test('a link to a directory is a target, and a path goes back to where it was', async () => {
  using cli = await cliWithSnapshot();
  mkdirSync(cli.path('real'));
  symlinkSync('real', cli.path('link'));
  await cli.mustRun(['restore', 'source', 'link']);
  expect(treeOf(cli.path('real'))).toEqual(treeOf(cli.path('source')));
  expect(readlinkSync(cli.path('link'))).toBe('real');
  const before = treeOf(cli.path('source'));
  rmSync(cli.path('source'), { recursive: true });
  await cli.mustRun(['restore', 'source']);
  expect(treeOf(cli.path('source'))).toEqual(before);
  expect((await cli.run(['restore', 'other@host:/x'])).code).toBe(2);
  expect((await cli.run(['restore', 'a', 'b', 'c'])).code).toBe(2);
});

test('existing links and large files are skipped, and large files written atomically', async () => {
  using cli = openCli();
  await createRepositoryFor(cli);
  mkdirSync(cli.path('source'));
  writeFileSync(cli.path('source/large'), '');
  truncateSync(cli.path('source/large'), 20 << 20);
  symlinkSync('large', cli.path('source/link'));
  await cli.mustRun(['snapshot', 'create', 'source']);
  const { mtime } = lstatSync(cli.path('source/large'));
  mkdirSync(cli.path('out'));
  writeFileSync(cli.path('out/large'), Buffer.alloc(20 << 20, 1));
  utimesSync(cli.path('out/large'), mtime, mtime);
  symlinkSync('elsewhere', cli.path('out/link'));
  await cli.mustRun(['restore', '--skip-existing', 'source', 'out']);
  expect(readlinkSync(cli.path('out/link'))).toBe('elsewhere');
  expect(readFileSync(cli.path('out/large'))[5]).toBe(1);
  const { ino } = lstatSync(cli.path('out/large'));
  await cli.mustRun(['restore', '--write-files-atomically', 'source', 'out']);
  expect(readFileSync(cli.path('out/large'))[5]).toBe(0);
  expect(lstatSync(cli.path('out/large')).ino).not.toBe(ino);
  expect(treeOf(cli.path('out'))).toEqual(['large', 'link']);
});

describe.skipIf(!findTool('kopia'))(titleFor('kopia', 'placeholders'), () => {
  test('are the same as kopia writes, and each tool takes the other\u2019s', async () => {
    using kopia = openTool('kopia');
    using cli = openCli();
    const env = { KOPIA_CONFIG_PATH: kopia.env['KOPIA_CONFIG_PATH'] ?? '' };
    kopia.mustRun([
      'repository',
      'create',
      'filesystem',
      '--path',
      cli.path('repository'),
      '--no-use-keyring',
    ]);
    writeTree(cli.path('source'));
    writeFileSync(cli.path('source/<\u00e9>&'), 'odd');
    const { id } = JSON.parse(kopia.mustRun(['snapshot', 'create', cli.path('source'), '--json']));
    const shallowly = ['restore', id, '--shallow=0'];
    kopia.mustRun([...shallowly, cli.path('theirs')]);
    await cli.mustRun([...shallowly, 'ours'], { env });
    expect(treeOf(cli.path('ours'))).toEqual(treeOf(cli.path('theirs')));
    for (const name of ['dir.kopia-entry/.kopia-entry', '<\u00e9>&.kopia-entry']) {
      const [ours, theirs] = [cli.path(`ours/${name}`), cli.path(`theirs/${name}`)];
      expect(readFileSync(ours, 'utf8')).toBe(readFileSync(theirs, 'utf8'));
      expect(lstatSync(ours).mode).toBe(lstatSync(theirs).mode);
      expect(lstatSync(ours).mtimeMs).toBe(lstatSync(theirs).mtimeMs);
    }
    kopia.mustRun(['restore', cli.path('ours/dir.kopia-entry')]);
    await cli.mustRun(['restore', 'theirs/dir.kopia-entry'], { env });
    expect(treeOf(cli.path('ours'))).toEqual(treeOf(cli.path('theirs')));
    expect(existsSync(cli.path('ours/dir/inner.kopia-entry'))).toBe(true);

    // What kopia saves of a directory's placeholder differs from the directory in one field, the size of what is below it.
    const again = JSON.parse(await cli.mustRun(['snapshot', 'create', 'theirs', '--json'], { env }));
    const directories = [id, again.id].map((root) => kopia.mustRun(['ls', '-o', `${root}/dir`]));
    expect(directories[1]).toBe(directories[0]);
    kopia.mustRun(['snapshot', 'verify', '--verify-files-percent=100', again.id]);
  }, 60_000);
});

async function removing(
  cli: CliProcess,
  args: readonly string[],
): Promise<{ readonly removed: unknown; readonly failedCount: unknown }> {
  // The test is about what is in it.
  return (await cli.json(args)) as { removed: unknown; failedCount: unknown };
}

interface SavedSnapshot {
  readonly rootEntry: {
    readonly obj: string;
    readonly summ: { readonly files: number; readonly dirs: number; readonly size: number };
  };
}

async function create(cli: CliProcess, args: readonly string[]): Promise<SavedSnapshot> {
  // The tests are about what is in it.
  return (await cli.json(['snapshot', 'create', ...args, '--json'])) as SavedSnapshot;
}

async function cliWithSnapshot(): Promise<CliProcess> {
  const cli = openCli();
  await createRepositoryFor(cli);
  writeTree(cli.path('source'));
  await cli.mustRun(['snapshot', 'create', 'source']);
  return cli;
}

function writeTree(directory: string): void {
  mkdirSync(`${directory}/dir/deep`, { recursive: true });
  writeFileSync(`${directory}/file`, 'text');
  symlinkSync('file', `${directory}/link`);
  writeFileSync(`${directory}/dir/inner`, 'inner');
  writeFileSync(`${directory}/dir/deep/bottom`, 'bottom');
}

function treeOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted();
}

test('of several snapshots of a path, the time that is named decides', async () => {
  using cli = openCli();
  await createRepositoryFor(cli);
  mkdirSync(cli.path('source'));
  for (const day of ['2024-01-31', '2024-02-29', '2025-06-01']) {
    writeFileSync(cli.path('source/file'), day);
    await cli.mustRun(['snapshot', 'create', 'source', '--start-time', `${day} 10:00:00 UTC`]);
  }
  for (const [time, expected] of [
    ['latest', '2025-06-01'],
    ['oldest', '2024-01-31'],
    ['2024-02-28', '2024-01-31'],
    ['2025-06-01T09:59:58Z', '2024-02-29'],
  ] as const) {
    await cli.mustRun(['restore', 'source', 'out', '--snapshot-time', time]);
    expect([time, readFileSync(cli.path('out/file'), 'utf8')]).toEqual([time, expected]);
  }
  const none = await cli.run(['restore', 'source', 'out', '--snapshot-time', '2001']);
  expect(none).toMatchObject({ code: 1 });
  expect(none.stderr).toMatch(/no snapshot of that time has source/);
  expect(await cli.run(['restore', 'source', 'out', '--snapshot-time', 'soon'])).toMatchObject({ code: 2 });
});

test('the ID of an object has the attributes of the latest snapshot, unless they must agree', async () => {
  using cli = openCli();
  await createRepositoryFor(cli);
  mkdirSync(cli.path('source'));
  writeFileSync(cli.path('source/file'), 'text');
  utimesSync(cli.path('source'), 1000, 1000);
  for (const mode of [0o755, 0o700]) {
    chmodSync(cli.path('source'), mode);
    await cli.mustRun(['snapshot', 'create', 'source']);
  }
  const listed = await cli.json(['snapshot', 'list', '--json']);
  const roots = Array.isArray(listed) ? listed.map(({ rootEntry }) => String(rootEntry.obj)) : [];
  expect(new Set(roots).size).toBe(1);
  const [root = ''] = roots;
  await cli.mustRun(['restore', root, 'out']);
  expect(lstatSync(cli.path('out')).mode & 0o777).toBe(0o700);
  const refused = await cli.run(['restore', root, 'out', '--consistent-attributes']);
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toMatch(/several snapshots have the root/);
  await cli.mustRun(['restore', `${root}/file`, 'out/file', '--consistent-attributes', '--flush-files']);
});

test('a file comes back by the ID of its object, and a mistyped ID leaves the target alone', async () => {
  using cli = await cliWithSnapshot();
  const [snapshot] = JSON.parse(await cli.mustRun(['snapshot', 'list', '--json']));
  const listed = JSON.parse(await cli.mustRun(['ls', snapshot.id, '--json']));
  const objectId: string = listed.find(({ name }: { name: string }) => name === 'file').obj;
  await cli.mustRun(['restore', objectId, 'out']);
  expect(readFileSync(cli.path('out'), 'utf8')).toBe('text');
  const mistyped = objectId.replace(/^../, (start) => (start === '00' ? '11' : '00'));
  const refused = await cli.run(['restore', mistyped, 'out']);
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toContain(mistyped);
  expect(readFileSync(cli.path('out'), 'utf8')).toBe('text');
});

test.runIf(process.getuid?.() === 0)(
  'devices that this user may not make are told of once, and nothing failed',
  async () => {
    using cli = openCli();
    const env = await createRepositoryFor(cli);
    mkdirSync(cli.path('source'));
    for (const name of ['one', 'two']) execFileSync('mknod', [cli.path(`source/${name}`), 'c', '1', '3']);
    writeFileSync(cli.path('source/file'), 'file');
    await cli.mustRun(['snapshot', 'create', 'source']);
    const nobody = 65_534;
    execFileSync('chown', ['-R', `${nobody}:${nobody}`, cli.directory]);
    const { code, stdout, stderr } = await cli.run(['restore', 'source', 'out', '--json'], {
      env,
      uid: nobody,
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(/2 devices could not be made \(EPERM\)/);
    expect(stderr).not.toMatch(/cannot restore/);
    const { attributeProblems, failedCount } = JSON.parse(stdout);
    expect(failedCount).toBe(0);
    expect(attributeProblems).toContainEqual(expect.objectContaining({ attribute: 'device', count: 2 }));
    const strict = ['restore', 'source', 'out2', '--no-ignore-permission-errors', '--skip-owners'];
    expect(await cli.run(strict, { env, uid: nobody })).toMatchObject({ code: 3 });
  },
);

test('without modes, what is new is private and what exists keeps its mode', async () => {
  using cli = openCli();
  await createRepositoryFor(cli);
  writeTree(cli.path('source'));
  writeFileSync(cli.path('source/large'), Buffer.alloc(17 << 20, 'large'));
  await cli.mustRun(['snapshot', 'create', 'source']);
  const modes = () =>
    ['.', 'dir', 'file', 'large'].map((name) => lstatSync(cli.path(`out/${name}`)).mode & 0o777);
  for (const flags of [[], ['--write-files-atomically']]) {
    await cli.mustRun(['restore', '--skip-permissions', ...flags, 'source', 'out']);
    expect(modes()).toEqual([0o700, 0o700, 0o600, 0o600]);
    rmSync(cli.path('out'), { recursive: true });
  }
  for (const name of ['dir', 'file', 'large']) {
    mkdirSync(cli.path('out/dir'), { recursive: true });
    if (name !== 'dir') writeFileSync(cli.path(`out/${name}`), '');
    chmodSync(cli.path(`out/${name}`), 0o750);
  }
  chmodSync(cli.path('out'), 0o750);
  await cli.mustRun(['restore', '--skip-permissions', 'source', 'out']);
  expect(modes()).toEqual([0o750, 0o750, 0o750, 0o750]);
});

test('a file is not restored in place of a directory or of a link to one', async () => {
  using cli = await cliWithSnapshot();
  const [snapshot] = JSON.parse(await cli.mustRun(['snapshot', 'list', '--json']));
  mkdirSync(cli.path('existing'));
  symlinkSync('existing', cli.path('link'));
  for (const [name, target] of [
    ['file', 'existing'],
    ['link', 'existing'],
    ['file', 'link'],
  ] as const) {
    const refused = await cli.run(['restore', `${snapshot.id}/${name}`, target]);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain(`${cli.path(target)} is a directory`);
  }
  expect(readdirSync(cli.path('existing'))).toEqual([]);
  expect(readlinkSync(cli.path('link'))).toBe('existing');
});
