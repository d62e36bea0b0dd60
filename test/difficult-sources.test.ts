import { spawnSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

import type { Repository } from '@holdfast/repository';
import { EMPTY_POLICY, GLOBAL_SOURCE, listSnapshots, readEntries, savePolicy } from '@holdfast/uploader';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { compareDirectories } from './support/compare-directories.ts';
import {
  backUp,
  createLocal,
  errorCode,
  openLocal,
  openScratch,
  restore,
  type Scratch,
  verifyAll,
} from './support/repository.ts';

let scratch: Scratch;
let source = '';
beforeEach(() => {
  scratch = openScratch();
  source = scratch.at('source');
  mkdirSync(`${source}/d`, { recursive: true });
  writeFileSync(`${source}/before`, 'before');
  writeFileSync(`${source}/d/inside`, 'inside');
  writeFileSync(`${source}/zz-after`, 'after');
});
afterEach(() => scratch[Symbol.dispose]());

const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;

/** Does `work` with the rights of an ordinary user who owns the scratch directory: root may read everything. */
async function withoutPrivileges<T>(work: () => Promise<T>): Promise<T> {
  if (!isRoot) return await work();
  spawnSync('chown', ['-R', `${NOBODY}:${NOBODY}`, scratch.path]);
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

async function namesIn(repository: Repository, objectId = ''): Promise<string[]> {
  return (await Array.fromAsync(readEntries(repository.contents, objectId))).map(({ name }) => name);
}

describe('what may not be read', () => {
  beforeEach(() => {
    writeFileSync(`${source}/closed`, 'secret');
    chmodSync(`${source}/closed`, 0);
    mkdirSync(`${source}/locked/inner`, { recursive: true });
    chmodSync(`${source}/locked`, 0);
  });
  afterEach(() => chmodSync(`${source}/locked`, 0o700));

  test('is counted and named, and the rest is saved', async () => {
    await withoutPrivileges(async () => {
      const repository = await createLocal(scratch.at('repo'));
      const told: string[] = [];
      const onFailure = ({ path }: { readonly path: string }): void => void told.push(path);
      const { failedCount, ignoredCount, snapshot } = await backUp(repository, source, { onFailure });
      expect([failedCount, ignoredCount]).toEqual([2, 0]);
      expect(new Set(told)).toEqual(new Set(['closed', 'locked']));
      expect(await namesIn(repository, snapshot.rootEntry?.objectId)).toEqual(['d', 'before', 'zz-after']);
      expect(snapshot.rootEntry?.summary?.errors.map(({ path }) => path)).toEqual(['closed', 'locked']);
      expect(await verifyAll(repository)).toEqual([]);
      await repository.close();
    });
  });

  test('ends the upload with what was saved where that is asked for', async () => {
    await withoutPrivileges(async () => {
      const repository = await createLocal(scratch.at('repo'));
      const { snapshot } = await backUp(repository, source, { failFast: true });
      expect(snapshot.incomplete).toBe('canceled');
      expect((await listSnapshots(repository)).map(({ id }) => id)).toEqual([snapshot.id]);
      expect(await verifyAll(repository)).toEqual([]);
      await repository.close();
    });
  });

  test('is ignored where a policy says so', async () => {
    await withoutPrivileges(async () => {
      const repository = await createLocal(scratch.at('repo'));
      const errorHandling = { ignoreFileErrors: true, ignoreDirectoryErrors: true };
      await savePolicy(repository, GLOBAL_SOURCE, { ...EMPTY_POLICY, errorHandling });
      for (const failFast of [false, true]) {
        const { failedCount, ignoredCount, snapshot } = await backUp(repository, source, { failFast });
        expect([failedCount, ignoredCount, snapshot.incomplete]).toEqual([0, 2, undefined]);
      }
      await repository.close();
    });
  });

  test('as a whole makes the upload fail', async () => {
    await withoutPrivileges(async () => {
      const repository = await createLocal(scratch.at('repo'));
      const error = await errorCode(backUp(repository, `${source}/locked`));
      expect(error).toMatchObject({ code: 'EACCES' });
      expect(await errorCode(backUp(repository, `${source}/nowhere`))).toMatchObject({ code: 'ENOENT' });
      expect(await listSnapshots(repository)).toEqual([]);
      await repository.close();
    });
  });
});

describe('what changes during the upload', () => {
  test('leaves a snapshot that verifies', { timeout: 60_000 }, async () => {
    for (let i = 0; i < 300; i++) {
      mkdirSync(`${source}/many/${i % 10}`, { recursive: true });
      writeFileSync(`${source}/many/${i % 10}/${i}`, 'x'.repeat(i * 100));
    }
    const repository = await createLocal(scratch.at('repo'));
    let isDone = false;
    const disturb = (async () => {
      for (let i = 0; !isDone; i++) {
        const path = `${source}/many/${i % 10}/${i % 300}`;
        if (i % 4 === 0) rmSync(path, { force: true });
        else if (i % 4 === 1) writeFileSync(path, 'y'.repeat(i % 50_000));
        else if (i % 4 === 2) writeFileSync(`${path}-new`, 'new');
        else {
          rmSync(`${path}-new`, { force: true, recursive: true });
          symlinkSync('elsewhere', `${path}-new`);
        }
        if (i % 97 === 0) {
          renameSync(`${source}/many/${i % 10}`, `${source}/many/moved`);
          await turn();
          renameSync(`${source}/many/moved`, `${source}/many/${i % 10}`);
        }
        if (i % 5 === 0) await turn();
      }
    })();
    for (let round = 0; round < 5; round++) {
      const { snapshot } = await backUp(repository, source);
      const names = await namesIn(repository, snapshot.rootEntry?.objectId);
      expect(names).toEqual(expect.arrayContaining(['before', 'zz-after', 'd']));
    }
    isDone = true;
    await disturb;
    expect(await verifyAll(repository)).toEqual([]);
    const { snapshot, failedCount } = await backUp(repository, source);
    expect(failedCount).toBe(0);
    await restore(repository, snapshot, scratch.at('target'));
    expect(compareDirectories(source, scratch.at('target'))).toEqual([]);
    await repository.close();
  });

  test('while one large file grows and shrinks', { timeout: 60_000 }, async () => {
    writeFileSync(`${source}/large`, Buffer.alloc(60 << 20, 1));
    const repository = await createLocal(scratch.at('repo'));
    let isDone = false;
    const disturb = (async () => {
      for (let i = 0; !isDone; i++) {
        writeFileSync(`${source}/large`, Buffer.alloc((i % 3) * (30 << 20), i));
        await turn();
      }
    })();
    for (let round = 0; round < 3; round++) await backUp(repository, source);
    isDone = true;
    await disturb;
    expect(await verifyAll(repository)).toEqual([]);
    await repository.close();
  });
});

test('a directory whose ignore rules cannot be read is named, and the rest is saved', async () => {
  writeFileSync(`${source}/d/.kopiaignore`, 'fine\n[z-\n');
  const repository = await createLocal(scratch.at('repo'));
  const { failedCount, snapshot } = await backUp(repository, source);
  expect(failedCount).toBe(1);
  expect(snapshot.rootEntry?.summary?.errors).toEqual([
    { path: 'd', error: expect.stringContaining('"[z-"') },
  ]);
  expect(await namesIn(repository, snapshot.rootEntry?.objectId)).toEqual(['before', 'zz-after']);
  await repository.close();
});

test.runIf(isRoot && process.platform === 'linux')(
  'names of a device that the user may not make are one refusal, not failures',
  async () => {
    spawnSync('mknod', [`${source}/null`, 'c', '1', '3']);
    linkSync(`${source}/null`, `${source}/null-again`);
    linkSync(`${source}/null`, `${source}/d/null-below`);
    const repository = await createLocal(scratch.at('repo'));
    const { snapshot } = await backUp(repository, source);
    await repository.close();
    await withoutPrivileges(async () => {
      const reopened = await openLocal(scratch.at('repo'));
      const { failed, problems } = await restore(reopened, snapshot, scratch.at('target'));
      expect(failed).toEqual([]);
      expect(problems.filter(({ attribute }) => attribute === 'device')).toEqual([
        expect.objectContaining({ code: 'EPERM', count: 3 }),
      ]);
      await reopened.close();
    });
  },
);

/** Enough that a directory object has several contents. */
const FILES = 60_000;

test('a directory of very many files comes back', { timeout: 180_000 }, async () => {
  for (let i = 0; i < FILES; i++) writeFileSync(`${source}/d/${i}`, i % 1000 === 0 ? String(i) : '');
  const repository = await createLocal(scratch.at('repo'));
  const { snapshot, failedCount } = await backUp(repository, source);
  expect(failedCount).toBe(0);
  expect(snapshot.rootEntry?.summary?.files).toBe(FILES + 3);
  const again = await backUp(repository, source);
  expect(again.progress.hashedFiles).toBe(0);
  expect(again.snapshot.rootEntry?.objectId).toBe(snapshot.rootEntry?.objectId);
  await restore(repository, snapshot, scratch.at('target'));
  expect(compareDirectories(source, scratch.at('target'))).toEqual([]);
  await repository.close();
});

test('directories that are nested very deep come back', { timeout: 60_000 }, async () => {
  const LEVELS = 1500;
  mkdirSync(`${source}/${'n/'.repeat(LEVELS)}`, { recursive: true });
  writeFileSync(`${source}/${'n/'.repeat(LEVELS)}file`, 'at the bottom');
  const repository = await createLocal(scratch.at('repo'));
  const { snapshot, failedCount } = await backUp(repository, source);
  expect(failedCount).toBe(0);
  await restore(repository, snapshot, scratch.at('target'));
  expect(compareDirectories(source, scratch.at('target'))).toEqual([]);
  await repository.close();
});
