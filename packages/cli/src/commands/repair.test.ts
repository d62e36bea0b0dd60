import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findTool, openTool, titleFor } from '../../../../test/support/tools.ts';
import { type CliProcess, createRepositoryFor, openCli } from '../testing/cli-process.ts';

async function cliWithSnapshots(): Promise<CliProcess> {
  const cli = openCli();
  await createRepositoryFor(cli);
  mkdirSync(cli.path('source/sub'), { recursive: true });
  writeFileSync(cli.path('source/first'), 'in the first snapshot');
  await cli.mustRun(['snapshot', 'create', 'source']);
  writeFileSync(cli.path('source/sub/second'), 'in the second');
  await cli.mustRun(['snapshot', 'create', 'source']);
  return cli;
}

async function snapshotIds(cli: CliProcess): Promise<string[]> {
  const list = await cli.json(['snapshot', 'list', '--json']);
  return Array.isArray(list) ? list.map((item: { readonly id: string }) => item.id) : [];
}

/** Files of the repository whose blobs start so; the oldest first where one is older. */
function blobFiles(cli: CliProcess, prefix: string): string[] {
  const root = cli.path('repository');
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => file.slice(root.length).replaceAll('/', '').startsWith(prefix))
    .toSorted();
}

describe('verification', () => {
  test('ends with 0 when all is well, and says what it looked at', async () => {
    using cli = await cliWithSnapshots();
    expect(await cli.json(['repository', 'verify', '--contents', '--json'])).toMatchObject({ errorCount: 0 });
    const sample = await cli.json(['repository', 'verify', '--sample-days', '3', '--json']);
    expect(sample).toMatchObject({ sample: { days: 3, shares: [0] } });
    const next = await cli.json(['repository', 'verify', '--sample-days', '3', '--json']);
    expect(next).toMatchObject({ sample: { days: 3, shares: [1] } });
    expect(await cli.json(['content', 'verify', '--full', '--prefix', 'k', '--json'])).toMatchObject({
      read: { count: 4 },
    });
    expect((await cli.run(['repository', 'verify', '--contents', '--sample-days', '3'])).code).toBe(2);
  });

  test('ends with 1 and names what is missing', async () => {
    using cli = await cliWithSnapshots();
    for (const file of blobFiles(cli, 'p')) rmSync(file);
    const result = await cli.run(['repository', 'verify', '--json']);
    expect(result.code).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ missingPackCount: 2, contentsInMissingPacks: 2 });
    expect(result.stderr).toMatch(/pack p[0-9a-f]{32}-s[0-9a-f]+ is missing/);
    expect((await cli.run(['content', 'verify'])).code).toBe(1);
    expect((await cli.run(['content', 'verify', '--prefixed'])).code).toBe(0);
  });
});

describe('repair', () => {
  test('brings kopia.repository back from a pack of an older format', async () => {
    using cli = openCli();
    const env = { HOLDFAST_PASSWORD: 'correct horse' };
    const place = ['filesystem', '--path', 'repository'];
    await cli.mustRun(['repository', 'create', ...place, '--format-version', '1'], { env });
    const repair = ['repository', 'repair', ...place];
    const [file = ''] = blobFiles(cli, 'kopia.repository');
    const before = readFileSync(file);
    expect((await cli.run(repair)).stderr).toMatch(/is there/);
    rmSync(file);
    await cli.mustRun([...repair, '--dry-run']);
    expect(blobFiles(cli, 'kopia.repository')).toEqual([]);
    const none = await cli.run([...repair, '--recover-format-block-prefixes', 'z']);
    expect(none).toMatchObject({ code: 1, stderr: expect.stringMatching(/none of 0 packs/) });
    await cli.mustRun(repair);
    expect(readFileSync(file)).toEqual(before);
    writeFileSync(file, 'damaged');
    await cli.mustRun([...repair, '--recover-format', 'yes']);
    await cli.mustRun(['repository', 'connect', ...place], { env });
  });

  test('brings lost and damaged indexes back, when told to', async () => {
    using cli = await cliWithSnapshots();
    const [damaged = '', ...lost] = blobFiles(cli, 'xn');
    for (const file of lost) rmSync(file);
    writeFileSync(
      damaged,
      readFileSync(damaged).map((byte, i) => (i === 20 ? byte ^ 1 : byte)),
    );
    rmSync(cli.path('.cache'), { recursive: true, force: true });
    expect((await cli.run(['snapshot', 'list'])).code).toBe(1);
    const asked = await cli.run(['index', 'recover']);
    expect(asked.code).toBe(0);
    expect(asked.stderr).toMatch(/--commit/);
    expect((await cli.run(['snapshot', 'list'])).code).toBe(1);
    await cli.mustRun(['index', 'recover', '--commit']);
    expect(await snapshotIds(cli)).toHaveLength(2);
    await cli.mustRun(['snapshot', 'verify', '--verify-files-percent', '100']);
  });

  test('takes lost files out of snapshots, when told to', async () => {
    using cli = await cliWithSnapshots();
    const before = await snapshotIds(cli);
    for (const file of blobFiles(cli, 'p')) rmSync(file);
    const asked = await cli.run(['snapshot', 'fix', 'invalid-files']);
    expect(asked.stderr).toContain('pass --commit');
    expect(await snapshotIds(cli)).toEqual(before);
    await cli.mustRun(['snapshot', 'fix', 'invalid-files', '--commit']);
    const [, second] = await snapshotIds(cli);
    expect(await cli.mustRun(['ls', second ?? ''])).toContain('.INVALID.first');
    await cli.mustRun(['snapshot', 'verify', '--verify-files-percent', '100']);
    await cli.mustRun(['snapshot', 'fix', 'remove-files', '--filename', '.INV*', '--commit']);
    const [, cleaned] = await snapshotIds(cli);
    expect(await cli.mustRun(['ls', '-r', cleaned ?? ''])).not.toContain('.INVALID');
    expect((await cli.run(['snapshot', 'fix', 'remove-files'])).code).toBe(2);
  });
});

describe('comparison', () => {
  test('of snapshots, and of a snapshot with a directory', async () => {
    using cli = await cliWithSnapshots();
    const [first = '', second = ''] = await snapshotIds(cli);
    expect(await cli.mustRun(['diff', first, second])).toContain('added file ./sub/second (13 bytes)\n');
    expect(await cli.json(['diff', first, second, '--stats-only'])).toMatchObject({
      fileEntries: { added: 1, removed: 0, modified: 0 },
    });
    expect(await cli.json(['diff', second, 'source', '--json'])).toEqual([]);
    writeFileSync(cli.path('source/first'), 'changed');
    rmSync(cli.path('source/sub'), { recursive: true });
    const changes = await cli.json(['diff', second, './source', '--json']);
    expect(changes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ change: 'removed', path: 'sub/second' }),
        expect.objectContaining({ change: 'modified', path: 'first', attributes: ['size', 'mtime'] }),
      ]),
    );
    expect((await cli.run(['diff', first, 'nonsense'])).code).toBe(1);
  });
});

describe('pins and expiry', () => {
  test('keep what is pinned and delete the rest, when told to', async () => {
    using cli = await cliWithSnapshots();
    await cli.mustRun(['policy', 'set', '--global', '--keep-latest', '1', '--keep-hourly', '0']);
    for (const kind of ['daily', 'weekly', 'monthly', 'annual'])
      await cli.mustRun(['policy', 'set', '--global', `--keep-${kind}`, '0']);
    const [first = '', second = ''] = await snapshotIds(cli);
    expect((await cli.run(['snapshot', 'expire', '--all'])).stderr).toContain(first);
    await cli.mustRun(['snapshot', 'pin', first, '--add', 'precious', '--add', 'b']);
    const [pinned = ''] = await snapshotIds(cli);
    expect(await cli.json(['snapshot', 'list', '--json'])).toMatchObject([
      { id: pinned, pins: ['b', 'precious'] },
      { id: second },
    ]);
    await cli.mustRun(['snapshot', 'expire', '--all', '--delete']);
    expect(await snapshotIds(cli)).toEqual([pinned, second]);
    await cli.mustRun(['snapshot', 'pin', pinned, '--remove', 'precious', '--remove', 'b']);
    await cli.mustRun(['snapshot', 'expire', 'source', '--delete']);
    expect(await snapshotIds(cli)).toEqual([second]);
    expect((await cli.run(['snapshot', 'pin', second])).code).toBe(2);
    expect((await cli.run(['snapshot', 'expire'])).code).toBe(2);
  });
});

describe('parameters', () => {
  test('change, and the newest format needs no upgrade', async () => {
    using cli = await cliWithSnapshots();
    await cli.mustRun(['repository', 'set-parameters', '--max-pack-size-mb', '33']);
    const status = await cli.json(['repository', 'status', '--json']);
    expect(status).toMatchObject({ contentFormat: { maxPackSize: 33 << 20 } });
    expect((await cli.run(['repository', 'set-parameters', '--max-pack-size-mb', '1'])).code).toBe(1);
    expect((await cli.run(['repository', 'set-parameters'])).code).toBe(2);
    expect((await cli.run(['repository', 'upgrade', 'begin'])).stderr).toContain('newest format');
  });
});

describe('policies', () => {
  test('go out and come in again', async () => {
    using cli = await cliWithSnapshots();
    await cli.mustRun(['policy', 'set', 'source', '--keep-daily', '7', '--add-ignore', '*.o']);
    await cli.mustRun(['policy', 'export', '--to-file', 'policies.json']);
    expect((await cli.run(['policy', 'export', '--to-file', 'policies.json'])).code).toBe(1);
    const exported = readFileSync(cli.path('policies.json'), 'utf8');
    expect(await cli.mustRun(['policy', 'export'])).toBe(exported);
    await cli.mustRun(['policy', 'delete', 'source']);
    await cli.mustRun(['policy', 'set', '@elsewhere', '--keep-daily', '1']);
    await cli.mustRun(['policy', 'import', '--delete-other-policies'], { stdin: exported });
    expect(await cli.mustRun(['policy', 'export'])).toBe(exported);
    const unknown = '{"(global)":{"fromTheFuture":1}}';
    expect(await cli.run(['policy', 'import'], { stdin: unknown })).toMatchObject({ code: 1 });
    expect(await cli.run(['policy', 'import'], { stdin: 'no JSON' })).toMatchObject({ code: 1 });
    await cli.mustRun(['policy', 'import', '--allow-unknown-fields'], { stdin: unknown });
    expect(await cli.json(['policy', 'export', '--global'])).toMatchObject({
      '(global)': { fromTheFuture: 1 },
    });
  });

  test('are edited with the editor of the user', async () => {
    using cli = await cliWithSnapshots();
    const EDITOR = `sed -i 's/"keepDaily": [0-9]*/"keepDaily": 42/'`;
    await cli.mustRun(['policy', 'set', 'source', '--keep-daily', '7']);
    await cli.mustRun(['policy', 'edit', 'source'], { env: { EDITOR } });
    expect(await cli.json(['policy', 'show', 'source', '--json'])).toMatchObject({
      retention: { keepDaily: 42 },
    });
    const again = await cli.run(['policy', 'edit', 'source'], { env: { EDITOR } });
    expect(again.stderr).toContain('unchanged');
    expect((await cli.run(['policy', 'edit', 'source'], { env: { EDITOR: 'false' } })).code).toBe(1);
  });
});

describe.skipIf(!findTool('kopia'))(titleFor('kopia', 'as kopia'), () => {
  test('exports policies and counts differences', async () => {
    using kopia = openTool('kopia');
    using cli = await cliWithSnapshots();
    await cli.mustRun(['policy', 'set', 'source', '--keep-daily', '7', '--add-ignore', '*.o']);
    const env = { KOPIA_PASSWORD: 'correct horse' };
    kopia.mustRun(['repository', 'connect', 'filesystem', '--path', cli.path('repository')], env);
    const theirs = kopia.mustRun(['policy', 'export', '--json-indent'], env);
    expect(await cli.mustRun(['policy', 'export', '--json-indent'])).toBe(theirs);
    const ids = await snapshotIds(cli);
    const counts: unknown = JSON.parse(kopia.mustRun(['diff', '--stats-only', ...ids], env));
    expect(await cli.json(['diff', '--stats-only', ...ids])).toEqual(counts);
  });
});
