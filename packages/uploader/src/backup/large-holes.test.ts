import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { createMemoryStorage, createRepository, type Repository, systemClock } from '@holdfast/repository';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../repository/src/testing/temporary-directory.ts';
import { mayHaveHoles } from '../filesystem/extents.ts';
import { lstat } from '../filesystem/stat.ts';
import { EMPTY_POLICY, type Policy } from '../policy/policy.ts';
import { savePolicy } from '../snapshots/snapshot-store.ts';
import { uploadSnapshot } from '../snapshots/upload-snapshot.ts';

const MIB = 1 << 20;

describe('a large file with holes', () => {
  let directory: ReturnType<typeof temporaryDirectory>;
  let repository: Repository;

  beforeEach(async () => {
    directory = temporaryDirectory();
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

  const objectOf = async (file: string, policy: Policy): Promise<unknown> => {
    const source = { userName: 'me', host: 'here', path: file };
    await savePolicy(repository, source, policy);
    const { snapshot, progress } = await uploadSnapshot(repository, { source, path: file });
    expect(progress.hashedBytes).toBe(lstat(file).size);
    return snapshot.rootEntry?.objectId;
  };

  const sparse = (name: string, size: number, places: readonly number[]): string => {
    const file = path.join(directory.path, name);
    mkdirSync(path.dirname(file), { recursive: true });
    const fd = openSync(file, 'w');
    ftruncateSync(fd, size);
    for (const place of places) writeSync(fd, 'data', place);
    closeSync(fd);
    return file;
  };

  it.each([
    ['DYNAMIC-4M-BUZHASH', {}],
    ['FIXED-1M', {}],
    ['FIXED-1M', { parallelUploadAboveSize: 10 * MIB + 1 }],
    ['DYNAMIC-1M-RABINKARP', {}],
    ['DYNAMIC-128K-BUZHASH', { parallelUploadAboveSize: 30 * MIB }],
  ])(
    'is stored as one without: %s %j',
    async (algorithm, upload) => {
      const policy = { ...EMPTY_POLICY, splitter: { algorithm }, upload };
      for (const [size, places] of [
        [64 * MIB, []],
        [64 * MIB + 12_345, [0, 20 * MIB + 7, 64 * MIB]],
        [50 * MIB, [33 * MIB]],
      ] as const) {
        const holey = sparse('holey', size, places);
        expect(mayHaveHoles(lstat(holey))).toBe(true);
        const dense = path.join(directory.path, 'dense');
        writeFileSync(dense, readFileSync(holey));
        expect(await objectOf(holey, policy)).toBe(await objectOf(dense, policy));
      }
    },
    60_000,
  );

  it('costs next to nothing where it is all hole', async () => {
    const file = sparse('huge', 2 ** 40, []);
    const startedMs = performance.now();
    await objectOf(file, { ...EMPTY_POLICY, upload: { parallelUploadAboveSize: 0 } });
    expect(performance.now() - startedMs).toBeLessThan(20_000);
  }, 60_000);
});
