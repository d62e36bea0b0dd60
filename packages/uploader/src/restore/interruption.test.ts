import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  createFileSystemStorage,
  createRepository,
  type Repository,
  systemClock,
} from '@holdfast/repository';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../repository/src/testing/temporary-directory.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import { findEntry } from '../snapshots/find-entry.ts';
import { restoreSnapshot } from '../snapshots/restore-snapshot.ts';
import { uploadSnapshot } from '../snapshots/upload-snapshot.ts';
import { DEFAULT_RESTORE_OPTIONS } from './options.ts';

/* A storage that threads read by themselves: no request to it notices the signal. */

const LARGE = 48 << 20;
const directory = temporaryDirectory();
const [source, target] = [path.join(directory.path, 'source'), path.join(directory.path, 'target')];
let repository: Repository;
let root: DirectoryEntry;

beforeAll(async () => {
  mkdirSync(path.join(source, 'small'), { recursive: true });
  for (const name of ['a', 'b', 'c']) writeFileSync(path.join(source, name), randomBytes(LARGE));
  for (let i = 0; i < 1_000; i++) writeFileSync(path.join(source, `small/${i}`), `small ${i}`);
  repository = await createRepository({
    storage: await createFileSystemStorage({ path: path.join(directory.path, 'storage') }, 'create'),
    password: 'password',
    cacheDirectory: path.join(directory.path, 'cache'),
    client: { username: 'me', hostname: 'here' },
    workers: 2,
  });
  const name = { userName: 'me', host: 'here', path: source };
  const { snapshot } = await uploadSnapshot(repository, { source: name, path: source });
  if (snapshot.rootEntry === undefined) throw new Error('no root');
  root = snapshot.rootEntry;
}, 60_000);
afterEach(() => rmSync(target, { recursive: true, force: true }));
afterAll(async () => {
  await repository.close();
  directory[Symbol.dispose]();
});

describe.each([false, true])('an interrupted restore (atomic: %s)', (atomic) => {
  it.each(['', 'b'])('leaves nothing that is not whole: of %j', async (name) => {
    const entry = name === '' ? root : await findEntry(repository, `${root.objectId}/${name}`);
    mkdirSync(target);
    const interruption = new AbortController();
    const reason = new Error('enough');
    const restoring = restoreSnapshot(repository, {
      entry,
      target: path.join(target, name),
      options: { ...DEFAULT_RESTORE_OPTIONS, atomic },
      signal: interruption.signal,
    });
    const outcome = expect(restoring).rejects.toBe(reason);
    while (!filesIn(target).some(isUnderWay)) await systemClock.sleep(1);
    interruption.abort(reason);
    await outcome;
    for (const file of filesIn(target)) {
      const restored = readFileSync(path.join(target, file));
      expect(restored.equals(readFileSync(path.join(source, file))), file).toBe(true);
    }
  });
});

/** Whether some of a large file's content is there, wherever in the file. */
function isUnderWay(file: string): boolean {
  const found = statSync(path.join(target, file), { throwIfNoEntry: false });
  return found?.size === LARGE && found.blocks * 512 > LARGE / 8;
}

function filesIn(place: string): readonly string[] {
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => path.relative(place, path.join(parentPath, name)));
}
