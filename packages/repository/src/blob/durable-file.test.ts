import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseBlobId } from './blob-id.ts';
import { createDirectoryMaker, replaceFile, syncDirectory } from './durable-file.ts';
import { createFileSystemStorage } from './filesystem.ts';

/** What reached the disk, in order, with paths below `root`; temporary files are called `temp`. */
let log: string[] = [];
let root = '';
let onSync = (): void => undefined;
const short = (path: unknown): string =>
  String(path)
    .slice(root.length)
    .replace(/\/[^/]*\.tmp\.[0-9a-f]{16}$/, '/temp');

vi.mock('node:fs/promises', async () => {
  const real = await vi.importActual<typeof fs>('node:fs/promises');
  return {
    ...real,
    rename: vi.fn(async (from: string, to: string) => {
      log.push(`rename ${short(from)} ${short(to)}`);
      await real.rename(from, to);
    }),
    mkdir: vi.fn(async (path: string, options: { mode: number }) => {
      log.push(`mkdir ${short(path)}`);
      await real.mkdir(path, options);
    }),
    open: vi.fn(async (path: string, flags: string, mode?: number) => {
      const file = await real.open(path, flags, mode);
      const sync = file.sync.bind(file);
      file.sync = async () => {
        log.push(`sync ${short(path)}`);
        await sync();
        onSync();
      };
      return file;
    }),
  };
});

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-durable-'));
  log = [];
  onSync = () => undefined;
});
afterEach(() => rmSync(root, { recursive: true }));

const bytes = (text: string): Uint8Array[] => [Buffer.from(text)];

it('has the content on disk before the name shows', async () => {
  await replaceFile(join(root, 'a'), bytes('new'), { mode: 0o600 });
  await syncDirectory(root);
  expect(log).toEqual(['sync /temp', 'rename /temp /a', 'sync ']);
});

it('has the name of a blob on disk when a put resolves, and those of its new directories', async () => {
  const storage = await createFileSystemStorage({ path: root }, 'read-write');
  const id = parseBlobId('p123'.padEnd(30, '0'));
  await storage.put(id, bytes('first'));
  const file = `/p12/300/${id.slice(6)}.f`;
  const written = ['sync /p12/300/temp', `rename /p12/300/temp ${file}`, 'sync /p12/300'];
  expect(log).toEqual(['mkdir /p12', 'sync ', 'mkdir /p12/300', 'sync /p12', ...written]);
  log = [];
  await storage.put(id, bytes('second'));
  expect(log).toEqual(written);
});

it('has each new directory on disk before anything in it counts', async () => {
  const directories = createDirectoryMaker(root, 0o700);
  const first = directories.make(join(root, 'p', '123'));
  await Promise.all([
    first,
    directories.make(join(root, 'p', '456')),
    directories.made(join(root, 'p', '123')),
  ]);
  expect(log.filter((line) => line === 'mkdir /p')).toHaveLength(1);
  expect(log.slice(0, 2)).toEqual(['mkdir /p', 'sync ']);
  expect(log.slice(2).sort()).toEqual(['mkdir /p/123', 'mkdir /p/456', 'sync /p', 'sync /p']);
  expect(readdirSync(join(root, 'p')).sort()).toEqual(['123', '456']);
});

it('lets others wait for a directory that is visible but not yet on disk', async () => {
  const directories = createDirectoryMaker(root, 0o700);
  const making = directories.make(join(root, 'p'));
  while (!log.includes('mkdir /p')) await Promise.resolve();
  await directories.made(join(root, 'p'));
  expect(log).toContain('sync ');
  await making;
  await directories.made(join(root, 'p'));
});

it('does not make the root', async () => {
  const directories = createDirectoryMaker(join(root, 'gone'), 0o700);
  await expect(directories.make(join(root, 'gone', 'p', '123'))).rejects.toMatchObject({ code: 'ENOENT' });
});

it('does not let the name show once aborted, even when all is written', async () => {
  writeFileSync(join(root, 'a'), 'old');
  const abort = new AbortController();
  const reason = new Error('the test gave up');
  onSync = () => abort.abort(reason);
  await expect(
    replaceFile(join(root, 'a'), bytes('new'), { mode: 0o600, signal: abort.signal }),
  ).rejects.toBe(reason);
  expect(readdirSync(root)).toEqual(['a']);
  expect(readFileSync(join(root, 'a'), 'utf8')).toBe('old');
});

it('keeps the old file and no temporary one when it fails', async () => {
  writeFileSync(join(root, 'a'), 'old');
  mkdirSync(join(root, 'directory'));
  vi.mocked(fs.rename).mockRejectedValueOnce(new Error('no rename'));
  await expect(replaceFile(join(root, 'a'), bytes('new'), { mode: 0o600 })).rejects.toThrow('no rename');
  await expect(replaceFile(join(root, 'directory'), bytes('new'), { mode: 0o600 })).rejects.toMatchObject({
    code: 'EISDIR',
  });
  expect(readdirSync(root).sort()).toEqual(['a', 'directory']);
  expect(readFileSync(join(root, 'a'), 'utf8')).toBe('old');
});

it('writes everything when the system takes only some bytes at a time', async () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 150 });
  await fc.assert(
    fc.asyncProperty(parts, fc.integer({ min: 1, max: 40 }), async (given, most) => {
      await withShortWrites(most, () => replaceFile(join(root, 'a'), given, { mode: 0o600 }));
      expect(Buffer.compare(readFileSync(join(root, 'a')), Buffer.concat(given))).toBe(0);
    }),
    { numRuns: 30 },
  );
});

it('gives up on a file system that takes no bytes', async () => {
  const writing = withShortWrites(0, () => replaceFile(join(root, 'a'), bytes('new'), { mode: 0o600 }));
  await expect(writing).rejects.toThrow('accepts no bytes');
  expect(readdirSync(root)).toEqual([]);
});

/** Runs `run` while each write call takes at most `most` bytes. */
async function withShortWrites(most: number, run: () => Promise<void>): Promise<void> {
  const probe = await fs.open(root, 'r');
  await probe.close();
  // The class is not exported; its prototype is what every handle shares.
  const prototype = Object.getPrototypeOf(probe) as fs.FileHandle;
  const spy = vi.spyOn(prototype, 'writev').mockImplementation(async function (this: fs.FileHandle, buffers) {
    const all = Buffer.concat(
      buffers.map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength)),
    );
    const { bytesWritten } = await this.write(all.subarray(0, most));
    return { bytesWritten, buffers };
  });
  try {
    await run();
  } finally {
    spy.mockRestore();
  }
}
