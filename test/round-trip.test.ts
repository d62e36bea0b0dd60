import { closeSync, cpSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { compareDirectories } from './support/compare-directories.ts';
import { holeDifferences } from './support/hole-map.ts';
import { backUp, createLocal, openScratch, restore } from './support/repository.ts';
import { hasRsync, rsyncDifferences } from './support/rsync.ts';

const MIB = 1 << 20;

/** A file of `size` bytes with data only where `places` say. */
function writeSparse(path: string, size: number, places: readonly number[]): void {
  const fd = openSync(path, 'w');
  ftruncateSync(fd, size);
  for (const place of places) writeSync(fd, 'data', place);
  closeSync(fd);
}

describe('a round trip', () => {
  const title = hasRsync ? 'rsync finds no difference' : 'rsync finds no difference [skipped: no rsync]';
  test.skipIf(!hasRsync)(`of installed packages: ${title}`, { timeout: 180_000 }, async () => {
    using scratch = openScratch();
    const [source, target] = [scratch.at('source'), scratch.at('target')];
    const installed = fileURLToPath(new URL('../node_modules/', import.meta.url));
    // Large ones are left out for speed, caches because they are left out of backups.
    const filter = (path: string): boolean =>
      !/\/(\.vite|node-linux|typescript|@typescript|oxlint|@oxlint)/.test(path);
    cpSync(installed, source, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter });
    const repository = await createLocal(scratch.at('repo'));
    const { snapshot, failedCount } = await backUp(repository, source);
    expect(failedCount).toBe(0);
    expect(snapshot.rootEntry?.summary?.files).toBeGreaterThan(500);
    const { failed, problems } = await restore(repository, snapshot, target);
    expect([failed, problems]).toEqual([[], []]);
    expect(rsyncDifferences(source, target)).toEqual([]);
    expect(holeDifferences(source, target)).toEqual([]);
    await repository.close();
  });

  test('keeps holes and zeros where they are', { timeout: 60_000 }, async () => {
    using scratch = openScratch();
    const [source, target] = [scratch.at('source'), scratch.at('target')];
    mkdirSync(source);
    writeSparse(`${source}/hole-at-end`, 3 * MIB, [0]);
    writeSparse(`${source}/hole-at-start`, 3 * MIB, [3 * MIB - 4]);
    writeSparse(`${source}/hole-all`, 3 * MIB, []);
    writeSparse(`${source}/islands`, 70 * MIB, [5 * MIB, 5 * MIB + 8192, 60 * MIB]);
    writeSparse(`${source}/odd-size`, 100_001, [50_000]);
    writeSparse(`${source}/tiny-hole`, 1, []);
    writeSparse(`${source}/less-than-a-block`, 4095, []);
    writeFileSync(`${source}/zeros`, Buffer.alloc(2 * MIB));
    writeFileSync(`${source}/small-zeros`, Buffer.alloc(5000));
    const repository = await createLocal(scratch.at('repo'));
    const { snapshot } = await backUp(repository, source);
    expect((await restore(repository, snapshot, target)).failed).toEqual([]);
    expect(compareDirectories(source, target)).toEqual([]);
    expect(holeDifferences(source, target)).toEqual([]);
    await repository.close();
  });
});
