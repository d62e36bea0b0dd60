import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createMemoryStorage, createRepository, type Repository, systemClock } from '@holdfast/repository';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../repository/src/testing/temporary-directory.ts';
import { DEFAULT_RESTORE_OPTIONS } from '../restore/options.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import { findEntry } from './find-entry.ts';
import { restoreSnapshot } from './restore-snapshot.ts';
import { uploadSnapshot } from './upload-snapshot.ts';

const MIB = 1 << 20;
const directory = temporaryDirectory();
const tree = path.join(directory.path, 'tree');
/** By path in the tree. */
const contents = {
  empty: Buffer.alloc(0),
  direct: Buffer.from('one content'),
  indirect: Buffer.alloc(3 * MIB + 5, 'some contents'),
  large: Buffer.alloc(17 * MIB + 5, 'many contents'),
};
let repository: Repository;
let root: DirectoryEntry;

beforeAll(async () => {
  mkdirSync(tree);
  for (const [name, bytes] of Object.entries(contents)) writeFileSync(path.join(tree, name), bytes);
  repository = await createRepository({
    storage: createMemoryStorage({ clock: systemClock }),
    password: 'password',
    cacheDirectory: path.join(directory.path, 'cache'),
    client: { username: 'me', hostname: 'here' },
    workers: 2,
    format: { splitter: 'FIXED-1M' },
  });
  const source = { userName: 'me', host: 'here', path: tree };
  const { snapshot } = await uploadSnapshot(repository, { source, path: tree });
  if (snapshot.rootEntry === undefined) throw new Error('no root');
  root = snapshot.rootEntry;
});
afterAll(async () => {
  await repository.close();
  directory[Symbol.dispose]();
});

describe('an object by its ID', () => {
  it.each(Object.entries(contents))('has its size and is restored whole: %s', async (name, bytes) => {
    const { objectId } = await findEntry(repository, `${root.objectId}/${name}`);
    const entry = await findEntry(repository, objectId);
    expect(entry).toMatchObject({ type: 'f', size: bytes.length, objectId });
    const target = path.join(directory.path, `restored-${name}`);
    const { failed } = await restoreSnapshot(repository, { entry, target, options: DEFAULT_RESTORE_OPTIONS });
    expect(failed).toEqual([]);
    expect(readFileSync(target).equals(bytes)).toBe(true);
  });

  it.each(['', 'k', 'Ix', 'Z'])('is not found when nothing has that ID: %s...', async (prefix) => {
    const absent = `${prefix}0123456789abcdef0123456789abcdef`;
    await expect(findEntry(repository, absent)).rejects.toMatchObject({ code: 'ENTRY_NOT_FOUND' });
  });
});
