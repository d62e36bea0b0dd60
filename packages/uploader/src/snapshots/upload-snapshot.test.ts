import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { createMemoryStorage, createRepository, type Repository, systemClock } from '@holdfast/repository';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../repository/src/testing/temporary-directory.ts';
import { EMPTY_POLICY } from '../policy/policy.ts';
import type { SnapshotSource } from '../snapshot/source.ts';
import { Expectation } from './expected-size.ts';
import { listSnapshots, savePolicy } from './snapshot-store.ts';
import type { UploadOptions } from './upload-options.ts';
import { uploadSnapshot } from './upload-snapshot.ts';

const source: SnapshotSource = { userName: 'me', host: 'here', path: '/data' };
const HOUR_NS = 3_600_000_000_000n;

describe('a snapshot', () => {
  let directory: ReturnType<typeof temporaryDirectory>;
  let repository: Repository;
  let tree = '';

  beforeEach(async () => {
    directory = temporaryDirectory();
    tree = path.join(directory.path, 'tree');
    mkdirSync(path.join(tree, 'sub'), { recursive: true });
    writeFileSync(path.join(tree, 'sub/file'), 'content');
    repository = await createRepository({
      storage: createMemoryStorage({ clock: systemClock }),
      password: 'password',
      cacheDirectory: path.join(directory.path, 'cache'),
      client: { username: 'me', hostname: 'here' },
      workers: 1,
    });
  });

  afterEach(async () => {
    await repository.close();
    directory[Symbol.dispose]();
  });

  const upload = async (options: Partial<UploadOptions> = {}): ReturnType<typeof uploadSnapshot> =>
    await uploadSnapshot(repository, { source, path: tree, ...options });

  it('is saved again when nothing has changed, reusing every file', async () => {
    await upload();
    const { isIdentical, progress } = await upload();
    expect(isIdentical).toBe(false);
    expect(progress).toMatchObject({ cachedFiles: 1, hashedFiles: 0, newContents: 0 });
    expect(await listSnapshots(repository)).toHaveLength(2);
  });

  it('is not saved again where the policy ignores identical ones', async () => {
    await savePolicy(repository, source, { ...EMPTY_POLICY, retention: { ignoreIdenticalSnapshots: true } });
    const first = await upload();
    const second = await upload();
    expect(second).toMatchObject({ isIdentical: true, snapshot: { id: first.snapshot.id } });
    expect(await listSnapshots(repository)).toHaveLength(1);
    writeFileSync(path.join(tree, 'sub/file'), 'something else');
    expect((await upload()).isIdentical).toBe(false);
    expect(await listSnapshots(repository)).toHaveLength(2);
  });

  it('keeps its duration when only its start or its end is given', async () => {
    const early = await upload({ startTimeNs: HOUR_NS });
    expect(early.snapshot.startTimeNs).toBe(HOUR_NS);
    expect(early.snapshot.endTimeNs - HOUR_NS).toBeLessThan(60_000_000_000n);
    const late = await upload({ endTimeNs: 2n * HOUR_NS });
    expect(late.snapshot.endTimeNs).toBe(2n * HOUR_NS);
    expect(2n * HOUR_NS - late.snapshot.startTimeNs).toBeLessThan(60_000_000_000n);
  });

  it('counts large files too', async () => {
    writeFileSync(path.join(tree, 'large'), Buffer.alloc(50 << 20));
    const { progress, snapshot } = await upload();
    expect(progress).toMatchObject({ hashedFiles: 2, hashedBytes: (50 << 20) + 'content'.length });
    expect(snapshot.rootEntry?.summary).toMatchObject({ files: 2, size: progress.hashedBytes });
  });

  it('is expected to be as large as the tree, or as the last complete one', async () => {
    const expected = (progress: { expectedFiles: number; expectedBytes: number }): number[] => [
      progress.expectedFiles,
      progress.expectedBytes,
    ];
    writeFileSync(path.join(tree, 'large'), Buffer.alloc(20 << 20, 1));
    expect(expected((await upload()).progress)).toEqual([0, 0]);
    const other = { ...source, path: '/other' };
    const first = await upload({ source: other, estimates: true });
    expect(expected(first.progress)).toEqual([2, (20 << 20) + 7]);
    const { files, size } = new Expectation([{ ...first.snapshot, incomplete: 'canceled' }, first.snapshot])
      .size;
    expect([files, size]).toEqual([2, (20 << 20) + 7]);
    expect(new Expectation([{ ...first.snapshot, incomplete: 'canceled' }]).size).toMatchObject({ size: 0 });
  });

  // The page map of a process is 256 GiB long.
  it.runIf(process.platform === 'linux')('is given up soon in the middle of an endless file', async () => {
    const cancelled = new Error('cancelled');
    const cancel = AbortSignal.abort(cancelled);
    const slowly = new AbortController();
    const endless = upload({ path: '/proc/self/pagemap', cancel: slowly.signal });
    void systemClock.sleep(500).then(() => slowly.abort(cancelled));
    await expect(endless).rejects.toBe(cancelled);
    await expect(upload({ path: '/proc/self/pagemap', cancel })).rejects.toBe(cancelled);
  });
});
