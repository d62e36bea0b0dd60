import { mkdirSync, writeFileSync } from 'node:fs';

import { createMemoryStorage, Repository, createRepository, systemClock } from '@holdfast/repository';
import { listSnapshots } from '@holdfast/uploader';
import { expect, test } from 'vitest';

import { createFaultyStorage } from '../packages/repository/src/testing/faulty-storage.ts';
import { compareDirectories } from './support/compare-directories.ts';
import {
  backUp,
  errorCode,
  openScratch,
  optionsFor,
  restore,
  type Scratch,
  verifyAll,
} from './support/repository.ts';

/** A small tree with more than one pack, a nested directory and a file that is cut. */
function writeTree(scratch: Scratch, generation: number): string {
  const source = scratch.at('source');
  mkdirSync(scratch.at('source', 'deep', 'er'), { recursive: true });
  for (let i = 0; i < 20; i++) writeFileSync(scratch.at('source', `file-${i}`), `${i} of ${generation}`);
  writeFileSync(scratch.at('source', 'deep', 'er', 'same'), 'always the same');
  const large = Buffer.alloc(12 << 20);
  for (let i = 0; i < large.length; i += 1 << 16) large.writeUInt32LE(i ^ generation, i);
  writeFileSync(scratch.at('source', 'deep', 'large'), large);
  return source;
}

test('power may go at any moment of a snapshot', { timeout: 120_000 }, async () => {
  using scratch = openScratch();
  const inner = createMemoryStorage({ clock: systemClock });
  const first = await createRepository({
    ...optionsFor(inner, scratch.at('first')),
    format: { maxPackSize: 10 << 20, splitter: 'FIXED-1M' },
  });
  await backUp(first, writeTree(scratch, 0));

  let isFinished = false;
  for (let calls = 0; !isFinished; calls++) {
    const source = writeTree(scratch, calls + 1);
    const storage = createFaultyStorage(inner);
    const cut = await Repository.open(optionsFor(storage, scratch.at('cut')));
    storage.cutPowerAfter(calls);
    isFinished = (await errorCode(backUp(cut, source))) === undefined;
    await cut.close();

    const again = await Repository.open(optionsFor(inner, scratch.at('again')));
    expect(await verifyAll(again), `after ${calls} calls`).toEqual([]);
    const { snapshot, failedCount } = await backUp(again, source);
    expect(failedCount).toBe(0);
    const target = scratch.at(`restored-${calls}`);
    await restore(again, snapshot, target);
    expect(compareDirectories(source, target)).toEqual([]);
    await again.close();
  }

  const last = await Repository.open(optionsFor(inner, scratch.at('last')));
  expect((await listSnapshots(last)).length).toBeGreaterThan(3);
  expect(await verifyAll(last)).toEqual([]);
  await last.close();
});
