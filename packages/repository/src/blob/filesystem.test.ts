import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { collect } from '../testing/collect.ts';
import { findFixture, unpackFixture } from '../../../../test/support/fixtures.ts';
import { describeStorage } from '../testing/storage-conformance.ts';
import type { StorageAccess } from './access.ts';
import { parseBlobId } from './blob-id.ts';
import type { FileSystemOptions } from './filesystem-options.ts';
import { createFileSystemStorage } from './filesystem.ts';
import { asLocalFiles } from './powers.ts';
import type { BlobStorage, LocalBlobFiles } from './storage.ts';

const base = mkdtempSync(join(tmpdir(), 'holdfast-blobs-'));
afterAll(() => rmSync(base, { recursive: true }));

let count = 0;
const newPath = (): string => join(base, String(count++));

async function open(
  access: StorageAccess,
  options: FileSystemOptions,
): Promise<BlobStorage & LocalBlobFiles> {
  return await createFileSystemStorage(options, access);
}

describeStorage('filesystem', () => open('create', { path: newPath() }));
describeStorage('flat filesystem', () => open('create', { path: newPath(), dirShards: [] }));
describeStorage('filesystem of deep shards', () =>
  open('create', { path: newPath(), dirShards: [2, 1, 2, 2], listParallelism: 1 }),
);

const LONG = parseBlobId('p3b9aa1f05b1c2e2f6f9d1e4e6a8c0b3d');
const FORMAT = parseBlobId('kopia.repository');

/** All files below `path`, relative. */
function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();
}

describe('opening', () => {
  it('creates the directory, its parents and the sharding file', async () => {
    const path = join(newPath(), 'a', 'b');
    const storage = await open('create', { path });
    await storage.put(LONG, [Buffer.from('x')]);
    expect(readFileSync(join(path, '.shards'), 'utf8')).toBe('{"default":[1,3],"maxNonShardedLength":20}\n');
    expect(filesBelow(path)).toEqual(['.shards', `p/3b9/${LONG.slice(4)}.f`]);
    expect(storage.localPath(LONG)).toBe(join(path, 'p', '3b9', `${LONG.slice(4)}.f`));
  });

  it.each(['read-write', 'read-only'] as const)(
    'says that a missing path is missing (%s)',
    async (access) => {
      const path = newPath();
      await expect(open(access, { path })).rejects.toMatchObject({ code: 'STORAGE_NOT_FOUND' });
      expect(existsSync(path)).toBe(false);
    },
  );

  it('refuses a path that is a file', async () => {
    const path = newPath();
    writeFileSync(path, '');
    await expect(open('read-write', { path })).rejects.toMatchObject({ code: 'STORAGE_NOT_FOUND' });
  });

  it('obeys the recorded sharding rather than the options', async () => {
    const path = newPath();
    mkdirSync(path);
    const recorded = '{"default":[2],"maxNonShardedLength":3,"overrides":[{"prefix":"q","shards":[]}]}\n';
    writeFileSync(join(path, '.shards'), recorded);
    for (const access of ['create', 'read-write'] as const) {
      const storage = await open(access, { path, dirShards: [5] });
      await storage.put(parseBlobId('abcdef'), []);
      await storage.put(parseBlobId('qbcdef'), []);
    }
    expect(filesBelow(path)).toEqual(['.shards', 'ab/cdef.f', 'qbcdef.f']);
    expect(readFileSync(join(path, '.shards'), 'utf8')).toBe(recorded);
  });

  it('refuses a damaged sharding file', async () => {
    const path = newPath();
    mkdirSync(path);
    writeFileSync(join(path, '.shards'), '{"default":');
    await expect(open('read-write', { path })).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
  });

  it('records the sharding of a repository that lacks it, unless opened read-only', async () => {
    const path = newPath();
    mkdirSync(path);
    writeFileSync(join(path, `${FORMAT}.f`), '{}');
    expect((await open('read-only', { path })).localPath(LONG)).toContain('/p3b/9aa/');
    expect(existsSync(join(path, '.shards'))).toBe(false);
    expect((await open('read-write', { path, dirShards: [4] })).localPath(LONG)).toContain('/p3b9/');
    expect(readFileSync(join(path, '.shards'), 'utf8')).toBe('{"default":[4],"maxNonShardedLength":20}\n');
  });

  it('leaves a directory that holds no repository as it is', async () => {
    const path = newPath();
    mkdirSync(path);
    await open('read-write', { path });
    expect(readdirSync(path)).toEqual([]);
  });
});

describe('files', () => {
  it('have the modes asked for', async () => {
    const path = newPath();
    const storage = await open('create', { path, fileMode: 0o640, dirMode: 0o750 });
    await storage.put(LONG, [Buffer.from('x')]);
    const modeOf = (file: string): number => statSync(file).mode & 0o777;
    expect([path, join(path, 'p'), join(path, 'p/3b9')].map(modeOf)).toEqual([0o750, 0o750, 0o750]);
    expect([join(path, '.shards'), storage.localPath(LONG)].map(modeOf)).toEqual([0o640, 0o640]);
  });

  it('are private by default', async () => {
    const path = newPath();
    const storage = await open('create', { path, fileMode: 0 });
    await storage.put(LONG, []);
    expect(statSync(join(path, 'p')).mode & 0o777).toBe(0o700);
    expect(statSync(storage.localPath(LONG)).mode & 0o777).toBe(0o600);
  });

  it.skipIf(process.geteuid?.() !== 0)('belong to the owner asked for, when root writes them', async () => {
    const storage = await open('create', { path: newPath(), uid: 1234, gid: 2345 });
    await storage.put(LONG, []);
    expect(statSync(storage.localPath(LONG))).toMatchObject({ uid: 1234, gid: 2345 });
  });

  it('keep their times when read, listed and opened', async () => {
    const path = newPath();
    const storage = await open('create', { path });
    await storage.put(LONG, [Buffer.from('x')]);
    utimesSync(storage.localPath(LONG), 1_600_000_000, 1_600_000_000.125);
    const again = await open('read-write', { path });
    await again.get(LONG);
    expect(await collect(again.list(''))).toEqual([{ id: LONG, length: 1, timestampMs: 1_600_000_000_125 }]);
    expect(statSync(storage.localPath(LONG)).mtimeMs).toBe(1_600_000_000_125);
  });
});

describe('listing', () => {
  it('takes no other file for a blob', async () => {
    const path = newPath();
    const storage = await open('create', { path });
    await storage.put(LONG, []);
    for (const name of ['x', 'x.f.tmp.0123456789abcdef', 'README', 'p/3b9/y.tmp', 'p/.f.swp'])
      writeFileSync(join(path, name), '');
    expect((await collect(storage.list(''))).map(({ id }) => id)).toEqual([LONG]);
  });

  it('fails when the storage is gone, rather than being empty', async () => {
    const path = newPath();
    const storage = await open('create', { path });
    rmSync(path, { recursive: true });
    await expect(collect(storage.list(''))).rejects.toMatchObject({ code: 'STORAGE_NOT_FOUND' });
  });
});

describe('failures', () => {
  it('never makes the storage directory anew when it is gone', async () => {
    const path = newPath();
    const storage = await open('create', { path });
    rmSync(path, { recursive: true });
    await expect(storage.put(LONG, [])).rejects.toMatchObject({
      code: 'STORAGE_NOT_FOUND',
      detail: { blob: LONG },
    });
    expect(existsSync(path)).toBe(false);
  });

  it('keeps paths out of message and detail, and the cause', async () => {
    const path = newPath();
    const storage = await open('create', { path });
    mkdirSync(storage.localPath(LONG), { recursive: true });
    const error: unknown = await storage.get(LONG).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'STORAGE_FAILED',
      detail: { blob: LONG, errno: 'EISDIR' },
      cause: { code: 'EISDIR' },
    });
    expect(String(error)).not.toContain(path);
    await expect(storage.put(LONG, [])).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(filesBelow(path)).toEqual(['.shards']);
  });

  it('leaves no temporary file of an aborted put', async () => {
    const path = newPath();
    const storage = await open('create', { path });
    const abort = new AbortController();
    const parts = Array.from({ length: 500 }, () => new Uint8Array(20_000));
    const put = storage.put(LONG, parts, { signal: abort.signal });
    setImmediate(() => abort.abort(new Error('enough')));
    await expect(put).rejects.toThrow('enough');
    expect(filesBelow(path)).toEqual(['.shards']);
  });

  it('changes nothing when opened read-only', async () => {
    const path = newPath();
    await (await open('create', { path })).put(LONG, [Buffer.from('x')]);
    const storage = await open('read-only', { path });
    await expect(storage.put(FORMAT, [])).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
    await expect(storage.delete(LONG)).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
    expect(await storage.get(LONG)).toHaveLength(1);
    expect(asLocalFiles(storage)?.localPath(FORMAT)).toBe(join(path, 'kopia.repository.f'));
  });

  it('names the codes of the kernel: no permission', ({ skip }) => {
    skip(process.geteuid?.() !== 0 || !commandWorks('setpriv', ['--version']), 'needs root and setpriv');
    const path = newPath();
    mkdirSync(path);
    chmodSync(path, 0o555);
    chmodSync(base, 0o755);
    const script = `import { createFileSystemStorage } from ${JSON.stringify(join(import.meta.dirname, 'filesystem.ts'))};
      const storage = await createFileSystemStorage({ path: ${JSON.stringify(path)} }, 'read-write');
      await storage.put('a', []).catch((error) => process.stdout.write(error.code));`;
    const args = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
    ];
    expect(execFileSync('setpriv', args, { encoding: 'utf8', cwd: '/' })).toBe('STORAGE_DENIED');
  });
});

describe('a real file system', () => {
  it('that is full: STORAGE_FULL, old blobs remain, no temporary file is left', async ({ skip }) => {
    const path = mountTmpfs();
    if (path === undefined) return skip('mounting a tmpfs is not permitted here');
    const storage = await open('create', { path });
    await storage.put(LONG, [Buffer.from('old')]);
    const half = new Uint8Array(600_000).fill(7);
    await storage.put(FORMAT, [half]);
    const before = filesBelow(path);
    for (const id of [LONG, parseBlobId('new'.padEnd(30, 'w'))])
      await expect(storage.put(id, [Buffer.from('start'), half])).rejects.toMatchObject({
        code: 'STORAGE_FULL',
        detail: { blob: id, errno: 'ENOSPC' },
      });
    expect(filesBelow(path)).toEqual(before);
    expect(Buffer.from(await storage.get(LONG)).toString()).toBe('old');
    expect(await storage.get(FORMAT)).toEqual(half);
    await storage.delete(FORMAT);
    await storage.put(LONG, [half]);
    expect(await storage.get(LONG)).toEqual(half);
  });

  it('that is read-only: STORAGE_READ_ONLY, and it can be read', async ({ skip }) => {
    const path = mountTmpfs();
    if (path === undefined) return skip('mounting a tmpfs is not permitted here');
    await (await open('create', { path })).put(FORMAT, [Buffer.from('{}')]);
    rmSync(join(path, '.shards'));
    execFileSync('mount', ['-o', 'remount,ro', path]);
    const storage = await open('read-write', { path });
    expect(await storage.get(FORMAT)).toHaveLength(2);
    await expect(storage.put(LONG, [])).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
    await expect(storage.put(FORMAT, [])).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
    await expect(storage.delete(FORMAT)).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY' });
  });
});

/** A new 1 MiB file system, unmounted after the test; undefined where that is not permitted. */
function mountTmpfs(): string | undefined {
  const path = newPath();
  mkdirSync(path);
  if (!commandWorks('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path])) return undefined;
  onTestFinished(() => void execFileSync('umount', [path]));
  return path;
}

function commandWorks(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('repositories that kopia wrote', () => {
  it.each(['format-v1', 'format-v3', 'rich-flat'])('are found blob by blob: %s', async (name) => {
    using fixture = unpackFixture(findFixture(name));
    const storage = await open('read-only', { path: fixture.path });
    const found = await collect(storage.list(''));
    const expected = (fixture.expected.blobs ?? []).map((blob) => [
      blob.name,
      blob.length,
      Date.parse(blob.mtime),
    ]);
    expect(new Set(found.map(({ id, length, timestampMs }) => [id, length, timestampMs]))).toEqual(
      new Set(expected),
    );
    for (const blob of found) expect(await storage.getMetadata(blob.id)).toEqual(blob);
    expect(Buffer.from(await storage.get(FORMAT)).toString()).toContain('"uniqueID"');
  });
});

describe('kopia', () => {
  it('finds the blobs that were put, and this finds those of kopia', async ({ skip }) => {
    skip(!commandWorks('kopia', ['--version']), 'needs kopia on the PATH');
    const path = newPath();
    const config = ['--config-file', `${path}.config`, '--password', 'p', '--log-dir', `${path}.logs`];
    const kopia = (...args: readonly string[]): string =>
      execFileSync('kopia', [...args, ...config], {
        encoding: 'utf8',
        env: { ...process.env, KOPIA_CHECK_FOR_UPDATES: 'false' },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    mkdirSync(path);
    kopia('repository', 'create', 'filesystem', '--path', path, '--cache-directory', `${path}.cache`);
    const storage = await open('read-write', { path });
    await storage.put(parseBlobId('zz'), [Buffer.from('short')]);
    await storage.put(parseBlobId('z'.repeat(40)), [Buffer.from('long')]);
    const listed = blobIdsOf(kopia('blob', 'list', '--json', '--prefix', 'z'));
    expect(listed.sort()).toEqual(['zz', 'z'.repeat(40)]);
    expect(kopia('blob', 'show', 'z'.repeat(40))).toBe('long');
    const ofKopia = blobIdsOf(kopia('blob', 'list', '--json'));
    const found = (await collect(storage.list(''))).map(({ id }) => id);
    // Each run of kopia may add a log.
    const lasting = (ids: readonly string[]): string[] => ids.filter((id) => !id.startsWith('_log_')).sort();
    expect(lasting(found)).toEqual(lasting(ofKopia));
    expect(found).toEqual(expect.arrayContaining(ofKopia));
  });
});

/** The names in kopia's `blob list --json`. */
function blobIdsOf(json: string): string[] {
  // kopia's own list, as this test asked for it.
  return (JSON.parse(json) as { readonly id: string }[]).map(({ id }) => id);
}
