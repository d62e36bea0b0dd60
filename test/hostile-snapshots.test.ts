import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';

import type { Repository } from '@holdfast/repository';
import { type DirectoryEntry, DEFAULT_RESTORE_OPTIONS, restoreSnapshot } from '@holdfast/uploader';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { encodeDirectory } from '../packages/uploader/src/snapshot/directory.ts';
import { byteNameFromLatin1 } from '../packages/uploader/src/snapshot/names.ts';
import { EMPTY_TOTALS, summarize } from '../packages/uploader/src/snapshot/totals.ts';
import { createLocal, errorCode, openScratch, type Scratch } from './support/repository.ts';

let scratch: Scratch;
let repository: Repository;
/** Anew for each test: `outside` holds one file, `target` is restored to. */
let outside = '';
let target = '';
let count = 0;

beforeAll(async () => {
  scratch = openScratch();
  repository = await createLocal(scratch.at('repo'));
});
afterAll(async () => {
  await repository.close();
  scratch[Symbol.dispose]();
});
beforeEach(() => {
  const base = scratch.at(`test-${count++}`);
  [outside, target] = [`${base}/outside`, `${base}/target`];
  mkdirSync(outside, { recursive: true });
  writeFileSync(`${outside}/victim`, 'untouched');
});

const attributes = { mode: 0o755, size: 0, mtimeNs: 1n, uid: 0, gid: 0 };

async function file(name: string, content = 'hostile'): Promise<DirectoryEntry> {
  const objectId = await repository.writer().contents.write('', Buffer.from(content), '');
  return { ...attributes, name: byteNameFromLatin1(name), type: 'f', size: content.length, objectId };
}

async function link(name: string, to: string): Promise<DirectoryEntry> {
  return { ...(await file(name, to)), type: 's' };
}

/** A directory whose entries are stored as they are given, whatever their names and order. */
async function directory(name: string, entries: readonly DirectoryEntry[]): Promise<DirectoryEntry> {
  const bytes = encodeDirectory(entries, summarize(EMPTY_TOTALS, { mtimeNs: 1n }));
  const objectId = await repository.writer().contents.write('k', bytes, '');
  return { ...attributes, name: byteNameFromLatin1(name), type: 'd', objectId };
}

/** Restores a root with these entries; the paths that failed. */
async function restoreEntries(entries: readonly DirectoryEntry[]): Promise<readonly string[]> {
  const entry = await directory('root', entries);
  await repository.writer().flush();
  const result = await restoreSnapshot(repository, { entry, target, options: DEFAULT_RESTORE_OPTIONS });
  return result.failed.map(({ path }) => path);
}

function expectOutsideUntouched(): void {
  expect(readdirSync(outside)).toEqual(['victim']);
  expect(readFileSync(`${outside}/victim`, 'utf8')).toBe('untouched');
  expect(readdirSync(`${outside}/..`).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['outside', 'target']);
}

describe('a hostile snapshot', () => {
  test.each(['..', '.', '../outside/new', '/tmp/holdfast-hostile', 'a/b', 'nul\0byte', ''])(
    'gets nothing through the name %j',
    async (name) => {
      const failed = await restoreEntries([
        await directory(name, [await file('new')]),
        await file(name),
        await link(name, outside),
        await file('good'),
      ]);
      expect(failed.length).toBeGreaterThan(0);
      expectOutsideUntouched();
      expect(readdirSync(target).filter((found) => found !== 'good')).toEqual([]);
    },
  );

  test.each(['..', 'a/b', '../outside/new'])('gets nothing through the raw name %j', async (name) => {
    const rawName = byteNameFromLatin1(name);
    const failed = await restoreEntries([
      { ...(await directory('d', [await file('new')])), extra: { rawName } },
      { ...(await file('f')), extra: { rawName } },
      await file('good'),
    ]);
    expect(failed).toHaveLength(2);
    expectOutsideUntouched();
    expect(readdirSync(target)).toEqual(['good']);
  });

  test('gets nothing through a link and a directory of one name, in either order', async () => {
    const inner = await directory('d', [await file('new'), await file('victim')]);
    for (const entries of [
      [await link('d', outside), inner],
      [inner, await link('d', outside)],
    ])
      expect(await restoreEntries(entries)).not.toEqual([]);
    expectOutsideUntouched();
  });

  test('gets nothing through a link and a file of one name', async () => {
    await restoreEntries([await link('f', `${outside}/victim`), await file('f')]);
    expectOutsideUntouched();
  });

  test('gets nothing through many links before a directory', async () => {
    const links = await Promise.all(
      Array.from({ length: 600 }, async (_, i) => await link(`l${i}`, outside)),
    );
    const directories = await Promise.all(
      Array.from({ length: 600 }, async (_, i) => await directory(`l${i}`, [await file('new')])),
    );
    expect(await restoreEntries([...links, ...directories])).not.toEqual([]);
    expectOutsideUntouched();
  });

  test('gets nothing through hard links', async () => {
    const extra = { hardLink: 'group' };
    const first = { ...(await link('a', `${outside}/victim`)), extra };
    const second: DirectoryEntry = { ...first, name: byteNameFromLatin1('b'), type: 'f' };
    await restoreEntries([first, second]);
    expectOutsideUntouched();
  });

  test('is restored however deep it is', async () => {
    let entry = await directory('d', []);
    for (let depth = 0; depth < 300; depth++) entry = await directory('deep', [entry]);
    expect(await restoreEntries([entry])).toEqual([]);
  });

  test('with garbage for a directory is reported', async () => {
    const objectId = await repository.writer().contents.write('k', Buffer.from('garbage'), '');
    const failed = await restoreEntries([
      { ...attributes, name: byteNameFromLatin1('d'), type: 'd', objectId },
      await file('good'),
    ]);
    expect(failed).toEqual(['d']);
    expect(readdirSync(target)).toContain('good');
  });
});

describe('a target in which something is', () => {
  test('is not written through its links', async () => {
    mkdirSync(target);
    symlinkSync(outside, `${target}/d`);
    symlinkSync(`${outside}/victim`, `${target}/f`);
    symlinkSync(`${outside}/new`, `${target}/n`);
    const failed = await restoreEntries([
      await directory('d', [await file('new'), await file('victim')]),
      await file('f'),
      await file('n'),
    ]);
    expectOutsideUntouched();
    expect(failed).toEqual(['d']);
    for (const name of ['f', 'n']) expect(lstatSync(`${target}/${name}`).isFile()).toBe(true);
  });

  test.each([
    ['small files', 10],
    ['large files', 17 << 20],
  ])('has its links replaced by %s and their other names', async (_, length) => {
    const content = 'x'.repeat(length);
    const extra = { hardLink: 'group' };
    const entries = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => ({
        ...(await file(name, content)),
        ...(name !== 'c' && { extra }),
      })),
    );
    const entry = await directory('root', entries);
    await repository.writer().flush();
    for (const changed of [{}, { skipExisting: true }, { atomic: true }]) {
      rmSync(target, { recursive: true, force: true });
      mkdirSync(target);
      for (const name of ['a', 'b', 'c']) symlinkSync(`${outside}/victim`, `${target}/${name}`);
      const options = { ...DEFAULT_RESTORE_OPTIONS, ...changed };
      expect((await restoreSnapshot(repository, { entry, target, options })).failed).toEqual([]);
      expectOutsideUntouched();
      expect(['a', 'b', 'c'].map((name) => lstatSync(`${target}/${name}`).nlink)).toEqual([2, 2, 1]);
      expect(lstatSync(`${target}/c`)).toMatchObject({ size: length });
      expect(readFileSync(`${target}/b`, 'utf8') === content).toBe(true);
    }
  });

  test('keeps links that may not be overwritten, whatever would take their place', async () => {
    const entry = await directory('root', [await file('f'), await file('large', 'x'.repeat(17 << 20))]);
    await repository.writer().flush();
    mkdirSync(target);
    for (const name of ['f', 'large']) symlinkSync(`${outside}/victim`, `${target}/${name}`);
    for (const atomic of [false, true]) {
      const options = { ...DEFAULT_RESTORE_OPTIONS, overwriteSymlinks: false, atomic };
      const { failedCount } = await restoreSnapshot(repository, { entry, target, options });
      expect(failedCount).toBe(2);
      for (const name of ['f', 'large']) expect(lstatSync(`${target}/${name}`).isSymbolicLink()).toBe(true);
      expect(readdirSync(target)).toEqual(['f', 'large']);
      expectOutsideUntouched();
    }
  });

  test('is refused when directories may not be overwritten', async () => {
    mkdirSync(target);
    writeFileSync(`${target}/mine`, 'mine');
    const entry = await directory('root', [await file('f')]);
    await repository.writer().flush();
    const options = { ...DEFAULT_RESTORE_OPTIONS, overwriteDirectories: false };
    expect(await errorCode(restoreSnapshot(repository, { entry, target, options }))).toBe('TARGET_NOT_EMPTY');
    expect(readdirSync(target)).toEqual(['mine']);
  });

  test('keeps files that may not be overwritten', async () => {
    mkdirSync(target);
    writeFileSync(`${target}/f`, 'mine');
    symlinkSync('mine', `${target}/l`);
    const entry = await directory('root', [await file('f'), await link('l', 'theirs'), await file('new')]);
    await repository.writer().flush();
    const options = { ...DEFAULT_RESTORE_OPTIONS, overwriteFiles: false, overwriteSymlinks: false };
    const { failed } = await restoreSnapshot(repository, { entry, target, options });
    expect(failed.map(({ path }) => path).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['f', 'l']);
    expect(readFileSync(`${target}/f`, 'utf8')).toBe('mine');
    expect(readFileSync(`${target}/new`, 'utf8')).toBe('hostile');
  });

  test('gets whole files or none where they are moved into place', async () => {
    mkdirSync(target);
    writeFileSync(`${target}/f`, 'older and longer than what is restored');
    const entry = await directory('root', [await file('f')]);
    await repository.writer().flush();
    const options = { ...DEFAULT_RESTORE_OPTIONS, atomic: true };
    expect((await restoreSnapshot(repository, { entry, target, options })).failed).toEqual([]);
    expect(readFileSync(`${target}/f`, 'utf8')).toBe('hostile');
    expect(readdirSync(target)).toEqual(['f']);
  });

  test('keeps what looks the same when existing files are skipped', async () => {
    const entry = await directory('root', [await file('f', 'aaa')]);
    await repository.writer().flush();
    const options = { ...DEFAULT_RESTORE_OPTIONS, skipExisting: true };
    await restoreSnapshot(repository, { entry, target, options });
    const again = await restoreSnapshot(repository, { entry, target, options });
    expect(again.failed).toEqual([]);
    expect(readFileSync(`${target}/f`, 'utf8')).toBe('aaa');
  });
});
