import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { listSnapshots } from '@holdfast/uploader';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

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
beforeAll(() => {
  scratch = openScratch();
});
afterAll(() => scratch[Symbol.dispose]());

/** A repository with one snapshot of a few files. */
async function createSaved(name: string): Promise<{ readonly path: string; readonly source: string }> {
  const [path, source] = [scratch.at(name), scratch.at(`${name}-source`)];
  mkdirSync(source);
  for (let i = 0; i < 10; i++) writeFileSync(join(source, `file-${i}`), `content ${i} `.repeat(1000));
  const repository = await createLocal(path);
  await backUp(repository, source);
  await repository.close();
  return { path, source };
}

/** Files of blobs that begin with `prefix`; sharding only cuts names into folders. */
function blobFiles(path: string, prefix: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.f') && file.replaceAll('/', '').startsWith(prefix))
    .map((file) => join(path, file));
}

function damage(file: string, kind: 'flip' | 'truncate'): void {
  const bytes = readFileSync(file);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 0x10;
  writeFileSync(file, kind === 'flip' ? bytes : bytes.subarray(0, middle));
}

describe('opening', () => {
  test('with a wrong password', async () => {
    const { path } = await createSaved('password');
    expect(await errorCode(openLocal(path, 'wrong'))).toBe('INVALID_PASSWORD');
  });

  test('what is no repository', async () => {
    mkdirSync(scratch.at('empty'));
    expect(await errorCode(openLocal(scratch.at('empty')))).toBe('NOT_A_REPOSITORY');
  });

  test('what is not there', async () => {
    expect(await errorCode(openLocal(scratch.at('nowhere')))).toBe('STORAGE_NOT_FOUND');
  });

  test.each([
    ['another encryption of the format', 'AES256_GCM', 'ROT13'],
    ['another password derivation', 'scrypt-65536-8-1', 'argon2id'],
  ])('with %s', async (what, from, to) => {
    const { path } = await createSaved(`unknown-${to}`);
    const file = join(path, 'kopia.repository.f');
    const text = readFileSync(file, 'utf8');
    expect(text).toContain(from);
    writeFileSync(file, text.replace(from, to));
    expect(await errorCode(openLocal(path)), what).toMatch(/UNSUPPORTED|ALGORITHM_UNKNOWN/);
  });

  test.each(['flip', 'truncate'] as const)('with a damaged format blob (%s)', async (kind) => {
    const { path } = await createSaved(`format-${kind}`);
    damage(join(path, 'kopia.repository.f'), kind);
    expect(await errorCode(openLocal(path))).toMatch(/FORMAT_CORRUPT|INVALID_PASSWORD/);
  });

  test.each(['flip', 'truncate'] as const)('with a damaged index says which (%s)', async (kind) => {
    const { path } = await createSaved(`index-${kind}`);
    const [file = ''] = blobFiles(path, 'x');
    damage(file, kind);
    const error = await openLocal(path).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: expect.stringMatching(/CORRUPT/),
      message: expect.stringMatching(/x[a-z]?\d*_/),
    });
  });
});

describe('damaged packs', () => {
  test.each(['flip', 'truncate'] as const)('leave the rest readable and are named (%s)', async (kind) => {
    const { path, source } = await createSaved(`pack-${kind}`);
    mkdirSync(scratch.at(`more-${kind}`));
    writeFileSync(scratch.at(`more-${kind}`, 'small'), 'in another pack');
    const before = new Set(blobFiles(path, 'p'));
    let repository = await openLocal(path);
    await backUp(repository, scratch.at(`more-${kind}`));
    await repository.close();
    for (const file of before) damage(file, kind);

    repository = await openLocal(path);
    const [old, newer] = await listSnapshots(repository);
    expect(await verifyAll(repository, newer && [newer])).toEqual([]);
    const failures = await verifyAll(repository, old && [old]);
    expect(failures.length).toBeGreaterThan(0);
    for (const failure of failures) expect(failure).toMatch(/p[0-9a-f]{32}-s/);
    const target = scratch.at(`pack-${kind}-restored`);
    const result = old && (await restore(repository, old, target));
    expect(result?.failedCount).toBe(failures.length);
    const differences = compareDirectories(source, target);
    expect(differences).toHaveLength(failures.length);
    for (const difference of differences) expect(difference).toMatch(/is missing$/);
    await repository.close();
  });
});

describe.skipIf(!canMount())(
  `a full disk${canMount() ? '' : ' [skipped: mounting is not permitted]'}`,
  () => {
    test('while backing up is reported, and what was there stays', async () => {
      const mount = mountSmall('full-backup', 8);
      try {
        const source = scratch.at('full-source');
        mkdirSync(source);
        writeFileSync(join(source, 'small'), 'fits');
        let repository = await createLocal(join(mount, 'repo'));
        await backUp(repository, source);
        writeFileSync(join(source, 'large'), noise(30 << 20));
        expect(await errorCode(backUp(repository, source))).toBe('STORAGE_FULL');
        await repository.close();
        repository = await openLocal(join(mount, 'repo'));
        expect(await listSnapshots(repository)).toHaveLength(1);
        expect(await verifyAll(repository)).toEqual([]);
        await repository.close();
      } finally {
        unmount(mount);
      }
    });

    test('while restoring fails what does not fit and leaves no half file', async () => {
      const mount = mountSmall('full-restore', 4);
      try {
        const source = scratch.at('fits-not');
        mkdirSync(source);
        for (let i = 0; i < 5; i++) writeFileSync(join(source, `file-${i}`), noise(1_500_000 + i));
        writeFileSync(join(source, 'huge'), noise(20 << 20));
        const repository = await createLocal(scratch.at('full-restore-repo'));
        const { snapshot } = await backUp(repository, source);
        const descriptors = readdirSync('/proc/self/fd').length;
        const { failed } = await restore(repository, snapshot, join(mount, 'target'));
        expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(descriptors);
        await repository.close();
        expect(failed.map(({ path }) => path)).toContain('huge');
        for (const { error } of failed) expect(error).toMatch(/ENOSPC/);
        const whole = readdirSync(join(mount, 'target'));
        expect(whole.length + failed.length).toBe(6);
        for (const name of whole)
          expect(readFileSync(join(mount, 'target', name)).equals(readFileSync(join(source, name)))).toBe(
            true,
          );
      } finally {
        unmount(mount);
      }
    });
  },
);

function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0, state = length; i + 4 <= length; i += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes.writeInt32LE(state, i);
  }
  return bytes;
}

function canMount(): boolean {
  using probe = openScratch();
  const isDone = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe.path]).status === 0;
  if (isDone) unmount(probe.path);
  return isDone;
}

function mountSmall(name: string, mebibytes: number): string {
  const path = scratch.at(name);
  mkdirSync(path);
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path]);
  return path;
}

function unmount(path: string): void {
  spawnSync('umount', ['-l', path]);
}

test('a repository is not made where one is', async () => {
  const { path } = await createSaved('twice');
  expect(await errorCode(createLocal(path))).toBe('REPOSITORY_EXISTS');
});
