import type { Dir } from 'node:fs';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { collect } from '../testing/collect.ts';
import { walkBlobs } from './directory-walk.ts';

vi.mock('node:fs/promises', async () => {
  const real = await vi.importActual<typeof fs>('node:fs/promises');
  return { ...real, opendir: vi.fn(real.opendir), stat: vi.fn(real.stat) };
});
const { opendir: realOpendir, stat: realStat } = await vi.importActual<typeof fs>('node:fs/promises');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-walk-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
  vi.mocked(fs.opendir).mockReset().mockImplementation(realOpendir);
  vi.mocked(fs.stat).mockReset().mockImplementation(realStat);
});

function fill(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), path);
  }
}

async function walk(prefix: string, parallelism = 2): Promise<string[]> {
  return (await collect(walkBlobs(root, prefix, { parallelism }))).map(({ id }) => id).sort();
}

const openedPaths = (): string[] =>
  vi
    .mocked(fs.opendir)
    .mock.calls.map(([path]) => String(path).slice(root.length))
    .sort();

it('opens only directories that can hold the prefix, and looks only at files that match', async () => {
  fill('p/123/a.f', 'p/124/b.f', 'q/123/c.f', 'p/123/x/d.f', 'pool.f', 'r.f');
  expect(await walk('p123')).toEqual(['p123a', 'p123xd']);
  expect(openedPaths()).toEqual(['', '/p', '/p/123', '/p/123/x']);
  expect(vi.mocked(fs.stat)).toHaveBeenCalledTimes(2);
});

it('leaves out directories and files that vanish', async () => {
  fill('p/1/a.f', 'p/2/b.f', 'q/3/c.f', 'd.f', 'e.f');
  vi.mocked(fs.opendir).mockImplementation(async (path, options) => {
    if (String(path).endsWith('/q')) rmSync(join(root, 'q'), { recursive: true });
    return await realOpendir(path, options);
  });
  vi.mocked(fs.stat).mockImplementation(async (path) => {
    if (String(path).endsWith('b.f') || String(path).endsWith('/d.f')) rmSync(String(path));
    return await realStat(path);
  });
  expect(await walk('')).toEqual(['e', 'p1a']);
});

it('passes on other failures', async () => {
  fill('p/1/a.f');
  vi.mocked(fs.stat).mockRejectedValue(Object.assign(new Error('broken'), { code: 'EIO', errno: -5 }));
  await expect(walk('')).rejects.toThrow('broken');
});

it('closes every directory when left early, and reads no more than it was allowed at once', async () => {
  fill(
    ...Array.from({ length: 600 }, (_, i) => `file${i}.f`),
    ...Array.from({ length: 30 }, (_, i) => `d/${i}/a.f`),
  );
  const opened: Dir[] = [];
  let reading = 0;
  let most = 0;
  vi.mocked(fs.opendir).mockImplementation(async (path, options) => {
    most = Math.max(most, ++reading);
    const directory = await realOpendir(path, options);
    reading -= 1;
    opened.push(directory);
    return directory;
  });
  let count = 0;
  for await (const blob of walkBlobs(root, '', { parallelism: 3 })) {
    expect(blob.length).toBeGreaterThan(0);
    if (++count === 300) break;
  }
  expect(most).toBeLessThanOrEqual(3);
  expect(opened.length).toBeGreaterThan(0);
  for (const directory of opened) await expect(directory.read()).rejects.toThrow('closed');
});

it('finds every blob of a large directory', async () => {
  const names = Array.from({ length: 1024 }, (_, i) => `n${String(i).padStart(4, '0')}`);
  fill(...names.map((name) => `${name}.f`));
  for (const parallelism of [1, 4]) expect(await walk('n', parallelism)).toEqual(names);
});
