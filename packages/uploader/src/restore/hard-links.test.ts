import {
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { createMemoryStorage, createRepository, type Repository, systemClock } from '@holdfast/repository';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../repository/src/testing/temporary-directory.ts';
import { makeSpecial } from '../filesystem/entries.ts';
import { restoreSnapshot } from '../snapshots/restore-snapshot.ts';
import { uploadSnapshot } from '../snapshots/upload-snapshot.ts';
import { DEFAULT_RESTORE_OPTIONS } from './options.ts';
import type { RestoreResult } from './restore-tree.ts';

describe('files with several names', () => {
  let directory: ReturnType<typeof temporaryDirectory>;
  let repository: Repository;
  let source = '';
  let target = '';

  beforeEach(async () => {
    directory = temporaryDirectory();
    [source, target] = [path.join(directory.path, 'source'), path.join(directory.path, 'target')];
    mkdirSync(source);
    repository = await createRepository({
      storage: createMemoryStorage({ clock: systemClock }),
      password: 'password',
      cacheDirectory: path.join(directory.path, 'cache'),
      client: { username: 'me', hostname: 'here' },
      workers: 2,
    });
  });

  afterEach(async () => {
    await repository.close();
    directory[Symbol.dispose]();
  });

  const roundTrip = async (signal?: () => AbortSignal): Promise<RestoreResult> => {
    const name = { userName: 'me', host: 'here', path: source };
    const { snapshot } = await uploadSnapshot(repository, { source: name, path: source });
    if (snapshot.rootEntry === undefined) throw new Error('no root');
    const request = { entry: snapshot.rootEntry, target, options: DEFAULT_RESTORE_OPTIONS };
    return await restoreSnapshot(repository, { ...request, ...(signal && { signal: signal() }) });
  };

  it('get all of them back, across directories and in great number', async () => {
    const OLD = new Date('2020-01-01');
    for (let d = 0; d < 12; d++) mkdirSync(path.join(source, `d${d}`));
    for (let f = 0; f < 500; f++) {
      const first = path.join(source, `d${f % 12}/${f}`);
      writeFileSync(first, `content of ${f}`);
      for (const d of [1, 5, 7]) linkSync(first, path.join(source, `d${(f + d) % 12}/link${f}-${d}`));
    }
    writeFileSync(path.join(source, 'd3/one'), 'one');
    for (let i = 0; i < 3_000; i++) linkSync(path.join(source, 'd3/one'), path.join(source, `d4/one${i}`));
    for (let d = 0; d < 12; d++) utimesSync(path.join(source, `d${d}`), OLD, OLD);
    const { failed } = await roundTrip();
    expect(failed).toEqual([]);
    for (let f = 0; f < 500; f++) {
      const first = lstatSync(path.join(target, `d${f % 12}/${f}`));
      expect(first.nlink).toBe(4);
      expect(readFileSync(path.join(target, `d${(f + 5) % 12}/link${f}-5`), 'utf8')).toBe(`content of ${f}`);
    }
    expect(lstatSync(path.join(target, 'd3/one')).nlink).toBe(3_001);
    for (let d = 0; d < 12; d++) expect(lstatSync(path.join(target, `d${d}`)).mtime).toEqual(OLD);
  }, 60_000);

  it('are linked when their content is large and takes its time', async () => {
    writeFileSync(path.join(source, 'a'), 'x');
    truncateSync(path.join(source, 'a'), 40 << 20);
    for (const name of ['b', 'c']) linkSync(path.join(source, 'a'), path.join(source, name));
    const { failed } = await roundTrip();
    expect(failed).toEqual([]);
    expect(lstatSync(path.join(target, 'c'))).toMatchObject({ nlink: 3, size: 40 << 20 });
  });

  it.runIf(process.platform === 'linux')('can be special files and symbolic links', async () => {
    for (const name of ['a', 'b']) mkdirSync(path.join(source, name));
    makeSpecial({ kind: 'fifo', rdev: 0 }, path.join(source, 'b/fifo'), false);
    for (const name of ['a/first', 'a/second', 'z'])
      linkSync(path.join(source, 'b/fifo'), path.join(source, name));
    symlinkSync('nowhere', path.join(source, 'b/link'));
    linkSync(path.join(source, 'b/link'), path.join(source, 'a/link'));
    const { failed } = await roundTrip();
    expect(failed).toEqual([]);
    for (const name of ['b/fifo', 'a/first', 'a/second', 'z'])
      expect(lstatSync(path.join(target, name)).ino).toBe(lstatSync(path.join(target, 'a/first')).ino);
    expect(lstatSync(path.join(target, 'z')).isFIFO()).toBe(true);
    expect(lstatSync(path.join(target, 'a/link')).nlink).toBe(2);
  });

  it('are reported when what they would be names of is not there', async () => {
    writeFileSync(path.join(source, 'a'), 'x');
    linkSync(path.join(source, 'a'), path.join(source, 'b'));
    mkdirSync(path.join(target, 'a'), { recursive: true });
    const { failed } = await roundTrip();
    expect(failed.map((failure) => failure.path).toSorted()).toEqual(['a', 'b']);
  });

  it('keep no interrupted restore waiting', async () => {
    for (let d = 0; d < 8; d++) mkdirSync(path.join(source, `${d}`));
    for (let f = 0; f < 4_000; f++) {
      const first = path.join(source, `${f % 8}/${f}`);
      writeFileSync(first, 'x');
      linkSync(first, path.join(source, `${(f + 3) % 8}/link${f}`));
    }
    const reason = new Error('enough');
    for (const afterMs of [20, 60, 120, 250]) {
      const interruption = new AbortController();
      const interrupted = roundTrip(() => {
        void systemClock.sleep(afterMs).then(() => interruption.abort(reason));
        return interruption.signal;
      });
      await interrupted.catch((error: unknown) => expect(error).toBe(reason));
      rmSync(target, { recursive: true, force: true });
    }
    await expect(roundTrip(() => AbortSignal.abort(reason))).rejects.toBe(reason);
  }, 60_000);
});
