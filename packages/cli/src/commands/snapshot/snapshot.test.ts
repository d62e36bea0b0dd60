import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { type CliProcess, createRepositoryFor, openCli } from '../../testing/cli-process.ts';

/** What the tests look at in a snapshot's JSON. */
interface Snapshot {
  readonly id: string;
  readonly source: { readonly host: string; readonly userName: string; readonly path: string };
  readonly rootEntry: { readonly obj: string };
}

test('what is saved comes back, whole or in part', async () => {
  using cli = await cliWithTree();
  const { id, rootEntry } = await create(cli, ['source']);
  await cli.mustRun(['snapshot', 'restore', id, 'whole']);
  expect(readFileSync(cli.path('whole/sub/deep.txt'), 'utf8')).toBe('deep\n');
  expect(readFileSync(cli.path('whole/link'), 'utf8')).toBe('plain\n');
  await cli.mustRun(['restore', `${rootEntry.obj}/sub`, 'made/by/restore']);
  expect(readFileSync(cli.path('made/by/restore/deep.txt'), 'utf8')).toBe('deep\n');
  await cli.mustRun(['snap', 'restore', `${id}/sub/deep.txt`, 'copy.txt']);
  expect(readFileSync(cli.path('copy.txt'), 'utf8')).toBe('deep\n');
  const byPath = await cli.run(['restore', 'source/sub', 'latest', '--json']);
  expect(JSON.parse(byPath.stdout)).toMatchObject({ target: cli.path('latest'), failedCount: 0 });
  expect(readFileSync(cli.path('latest/deep.txt'), 'utf8')).toBe('deep\n');
});

test('rules and placeholders of any size cost their own directory or file, not the memory', async () => {
  using cli = openCli();
  const env = await createRepositoryFor(cli);
  for (const name of ['source', 'source/many-rules']) mkdirSync(cli.path(name));
  writeFileSync(cli.path('source/file'), 'text');
  for (const name of ['source/many-rules/.kopiaignore', 'source/large.kopia-entry']) {
    writeFileSync(cli.path(name), '');
    truncateSync(cli.path(name), 5 * 2 ** 40);
  }
  const { code, stderr } = await cli.run(['snapshot', 'create', 'source'], { env });
  expect(stderr).toMatch(/cannot save many-rules: \.kopiaignore is larger than 1 MiB/);
  expect(stderr).toMatch(/cannot save large\.kopia-entry: large\.kopia-entry is larger than 4 MiB/);
  expect(code).toBe(3);
  expect(await cli.run(['restore', 'source/large.kopia-entry'], { env })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('large.kopia-entry is larger than 4 MiB'),
  });
});

test('lists, shows and verifies what was saved', async () => {
  using cli = await cliWithTree();
  const { id } = await create(cli, ['source']);
  expect((await cli.mustRun(['ls', `${id}`])).split('\n').toSorted()).toEqual([
    '',
    'link',
    'plain.txt',
    'sub',
  ]);
  expect(await cli.mustRun(['ls', '-r', `${id}/sub`])).toBe(`${id}/sub/deep.txt\n`);
  expect(await cli.mustRun(['ls', '-l', id])).toMatch(/^drwxr-xr-x +5 .* k[0-9a-f]{32} +sub\/$/m);
  expect(await cli.json(['ls', '-r', '--json', id])).toContainEqual(
    expect.objectContaining({ path: 'sub/deep.txt', name: 'deep.txt', type: 'f', size: 5 }),
  );
  expect(await cli.mustRun(['show', `${id}/sub/deep.txt`])).toBe('deep\n');
  expect(await cli.json(['snapshot', 'verify', '--verify-files-percent', '100', '--json'])).toMatchObject({
    stats: { processedObjectCount: 5, readFileCount: 3, readBytes: 20 },
    errorCount: 0,
  });
});

test('keeps tags, description, pins, times and another source, and finds by them', async () => {
  using cli = await cliWithTree();
  const first = ['source', '--tags', 'reason:test', '--description', 'of a test', '--pin', 'forever'];
  first.push('--start-time', '2020-01-02 03:04:05 UTC', '--end-time', '2020-01-02T03:05:05Z');
  expect(await create(cli, first)).toMatchObject({
    tags: { 'tag:reason': 'test' },
    description: 'of a test',
    pins: ['forever'],
    startTime: '2020-01-02T03:04:05Z',
    endTime: '2020-01-02T03:05:05Z',
  });
  const other = await create(cli, ['source', '--override-source', 'alice@elsewhere:/data']);
  expect(other.source).toEqual({ host: 'elsewhere', userName: 'alice', path: '/data' });
  expect(await cli.json(['policy', 'show', 'alice@elsewhere:/data', '--json'])).toMatchObject({
    scheduling: { manual: true },
  });
  expect(await cli.json(['snapshot', 'list', '--json', '--tags', 'reason:test'])).toHaveLength(1);
  expect(await cli.json(['snapshot', 'list', '--json', 'alice@elsewhere:/data'])).toHaveLength(1);
  expect(await cli.mustRun(['snapshot', 'list'])).not.toContain('elsewhere');
  expect(await cli.mustRun(['snapshot', 'list', '--all'])).toContain('alice@elsewhere:/data');
});

test('saves standard input as a file', async () => {
  using cli = await cliWithTree();
  const flags = ['snapshot', 'create', '/databases', '--stdin-file', 'dump.sql', '--json'];
  const result = await cli.mustRun(flags, { stdin: 'select 1;\n' });
  const { id, source } = parseSnapshot(result);
  expect(source.path).toBe('/databases');
  expect(await cli.mustRun(['show', `${id}/dump.sql`])).toBe('select 1;\n');
});

test('saves again what was saved before', async () => {
  using cli = await cliWithTree();
  mkdirSync(cli.path('second'));
  await cli.mustRun(['snapshot', 'create', 'source', 'second']);
  await cli.mustRun(['snapshot', 'create', '/pipe', '--stdin-file', 'x'], { stdin: 'x' });
  const lines = (await cli.mustRun(['snapshot', 'create', '--all', '--json'])).trim().split('\n');
  expect(lines.map((line) => parseSnapshot(line).source.path)).toEqual([
    cli.path('source'),
    cli.path('second'),
  ]);
});

test('lists the newest, and each of several that are the same', async () => {
  using cli = await cliWithTree();
  const ids: string[] = [];
  for (const text of ['1', '2', '2']) {
    writeFileSync(cli.path('source/plain.txt'), text);
    if (ids.length < 2) await cli.mustRun(['policy', 'set', 'source', '--keep-latest', '5']);
    ids.push((await create(cli, ['source'])).id);
  }
  const listed = await cli.json(['snapshot', 'list', '--json', '-n', '2']);
  expect(listed).toMatchObject([
    { id: ids[1] },
    { id: ids[2], retentionReason: expect.arrayContaining(['latest-1']) },
  ]);
  expect(await cli.mustRun(['snapshot', 'list', '-m', '-l'])).toContain(`manifest:${ids[2]}`);
  expect(await cli.json(['snapshot', 'list', '--json', 'source/sub'])).toHaveLength(3);
});

test('deletes only when told to', async () => {
  using cli = await cliWithTree();
  const [first, second] = [await create(cli, ['source']), await create(cli, ['source'])];
  const asked = await cli.run(['snapshot', 'delete', first.id]);
  expect(asked).toMatchObject({ code: 0, stdout: '' });
  expect(asked.stderr).toMatch(/--delete/);
  expect(await cli.json(['snapshot', 'list', '--json'])).toHaveLength(2);
  await cli.mustRun(['snapshot', 'delete', first.id, '--delete']);
  expect(await cli.json(['snapshot', 'list', '--json'])).toMatchObject([{ id: second.id }]);
  expect((await cli.run(['snapshot', 'delete', first.id, '--delete'])).code).not.toBe(0);
  await cli.mustRun(['snapshot', 'delete', '--all-snapshots-for-source', 'source', '--delete']);
  expect(await cli.json(['snapshot', 'list', '--json'])).toEqual([]);
});

test('estimates nothing of what is no directory', async () => {
  using cli = await cliWithTree();
  for (const source of ['nowhere', 'source/plain.txt']) {
    const result = await cli.run(['snapshot', 'estimate', source, '--json']);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain(source);
  }
});

test('estimates what a snapshot would hold', async () => {
  using cli = await cliWithTree();
  await cli.mustRun(['policy', 'set', 'source', '--add-ignore', 'sub']);
  expect(await cli.json(['snapshot', 'estimate', 'source', '--json'])).toMatchObject({
    fileCount: 2,
    excludedDirs: ['sub'],
  });
  expect(await cli.mustRun(['snapshot', 'estimate', 'source'])).toContain('Snapshot excludes 1 directories');
});

test('tells of sockets once, and counts neither them nor FIFOs as files', async () => {
  using cli = await cliWithTree();
  const { fileCount } = await estimate(cli);
  const servers = ['one', 'sub/two'].map((name) => createServer().listen(cli.path(`source/${name}`)));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  execFileSync('mkfifo', [cli.path('source/fifo')]);
  expect(await estimate(cli)).toMatchObject({ fileCount });
  const { stdout, stderr } = await cli.run(['snapshot', 'create', 'source', '--json']);
  expect(stderr.match(/left out 2 sockets/g)).toHaveLength(1);
  expect(JSON.parse(stdout)).toMatchObject({ skippedSockets: 2 });
  for (const server of servers) server.close();
  await Promise.all(servers.map((server) => once(server, 'close')));
  expect(await cli.json(['snapshot', 'create', 'source', '--json'])).not.toHaveProperty('skippedSockets');
});

async function estimate(cli: CliProcess): Promise<{ readonly fileCount: number }> {
  // As the command prints it.
  return (await cli.json(['snapshot', 'estimate', 'source', '--json'])) as { fileCount: number };
}

test('reads the asked share of unchanged files again', async () => {
  using cli = await cliWithTree();
  for (let i = 0; i < 400; i++) writeFileSync(cli.path(`source/sub/${i}`), `${i}`);
  await cli.mustRun(['snapshot', 'create', 'source']);
  const hashed = async (percent: string): Promise<number> => {
    const flags = ['--force-hash', percent, '--force-enable-actions', '--json', '--json-verbose'];
    const result = await cli.run(['snapshot', 'create', 'source', ...flags]);
    expect(result.stderr).toMatch(/runs no actions/);
    return JSON.parse(result.stdout).stats.nonCachedFiles;
  };
  expect(await hashed('0')).toBe(0);
  expect(await hashed('100')).toBe(402);
  const some = await hashed('25');
  expect(some).toBeGreaterThan(60);
  expect(some).toBeLessThan(140);
});

test('ends with a partial snapshot when it has stored enough, and the next goes on from there', async () => {
  using cli = openCli();
  await createRepositoryFor(cli);
  for (let i = 0; i < 12; i++) {
    mkdirSync(cli.path(`source/${i}`), { recursive: true });
    writeFileSync(cli.path(`source/${i}/file`), randomBytes(3 << 20));
  }
  const flags = ['--parallel=1', '--json', '--json-verbose', '--checkpoint-interval=30s'];
  const partial = await cli.run(['snapshot', 'create', 'source', '--upload-limit-mb=2', ...flags]);
  expect(partial).toMatchObject({ code: 0 });
  expect(partial.stderr).toMatch(/Created partial snapshot/);
  const { incomplete, stats, rootEntry } = JSON.parse(partial.stdout);
  expect([incomplete, rootEntry.summ.incomplete]).toEqual(['limit reached', 'limit reached']);
  expect(stats.fileCount).toBeLessThan(12);
  const rest = JSON.parse(await cli.mustRun(['snapshot', 'create', 'source', ...flags]));
  expect(rest.incomplete).toBeUndefined();
  expect(rest.rootEntry.summ.files).toBe(12);
  expect(rest.stats.cachedFiles).toBe(stats.fileCount);
  await cli.mustRun(['snapshot', 'verify', '--verify-files-percent=100']);
});

test.each(['46m', '-1m', 'soon'])('a checkpoint interval of %s is refused', async (interval) => {
  using cli = openCli();
  expect(await cli.run(['snapshot', 'create', '.', '--checkpoint-interval', interval])).toMatchObject({
    code: 2,
  });
});

test('tells of what was saved as detailed as asked', async () => {
  using cli = await cliWithTree();
  const linesOf = async (flags: readonly string[]): Promise<readonly string[]> => {
    const { stderr } = await cli.run(['snapshot', 'create', 'source', ...flags]);
    return stderr.split('\n').filter((line) => line.startsWith('snapshotted '));
  };
  expect(await linesOf([])).toEqual([]);
  expect(await linesOf(['--log-entry-detail=1'])).toEqual([
    'snapshotted file\t{"path":"sub/deep.txt"}',
    'snapshotted symlink\t{"path":"link"}',
    'snapshotted file\t{"path":"plain.txt"}',
  ]);
  const [below, root = '', ...others] = await linesOf(['--log-dir-detail=10', '--log-entry-detail=0']);
  expect(below).toMatch(/^snapshotted directory\t\{"path":"sub",/);
  expect(others).toEqual([]);
  expect(JSON.parse(root.split('\t')[1] ?? '')).toEqual({
    path: '.',
    size: 11,
    files: 2,
    dirs: 2,
    errors: 0,
    mtime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    oid: expect.stringMatching(/^k[0-9a-f]{32}$/),
  });
});

async function cliWithTree(): Promise<CliProcess> {
  const cli = openCli();
  await createRepositoryFor(cli);
  mkdirSync(cli.path('source/sub'), { recursive: true });
  writeFileSync(cli.path('source/plain.txt'), 'plain\n');
  writeFileSync(cli.path('source/sub/deep.txt'), 'deep\n');
  symlinkSync('plain.txt', cli.path('source/link'));
  return cli;
}

async function create(cli: CliProcess, args: readonly string[]): Promise<Snapshot> {
  return parseSnapshot(await cli.mustRun(['snapshot', 'create', ...args, '--json']));
}

function parseSnapshot(line: string): Snapshot {
  // The tests are about what is in it.
  return JSON.parse(line) as Snapshot;
}
