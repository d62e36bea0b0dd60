import {
  applyIndexRecovery,
  type BlobStorage,
  createFileSystemStorage,
  parseBlobId,
  planIndexRecovery,
  Repository,
  type VerifyReport,
  verifyRepository,
} from '@holdfast/repository';
import { listSnapshots } from '@holdfast/uploader';
import { describe, expect, test } from 'vitest';

import { findFixture, unpackFixture } from './support/fixtures.ts';
import { openLocal, optionsFor, verifyAll } from './support/repository.ts';
import { findTool, openTool, titleFor } from './support/tools.ts';

/** What damage leaves of a repository, opened with everything that cannot be read passed over. */
async function openDamaged(path: string, password: string, damaged: string[] = []): Promise<Repository> {
  const storage = await createFileSystemStorage({ path }, 'read-write');
  const onDamagedIndex = ({ id }: { readonly id: string }): void => void damaged.push(id);
  return await Repository.open({ ...optionsFor(storage, path), password, onDamagedIndex });
}

async function check(repository: Repository): Promise<VerifyReport> {
  const parts = repository.maintenanceParts();
  return await verifyRepository(parts, { read: { kind: 'all' }, includeDeleted: false });
}

/** Recovers the index as the command does; returns how many entries it lacked. */
async function recover(path: string, password: string): Promise<number> {
  const damaged: string[] = [];
  const repository = await openDamaged(path, password, damaged);
  const options = { packs: [], prefixes: ['p', 'q'], parallel: 4, ignoreErrors: false };
  using plan = await planIndexRecovery(repository.maintenanceParts(), options);
  await applyIndexRecovery(repository.maintenanceParts(), plan, damaged);
  await repository.close();
  return plan.entries;
}

async function deleteIndexes(storage: BlobStorage, prefixes: readonly string[]): Promise<void> {
  for (const prefix of prefixes)
    for await (const { id } of storage.list(prefix)) await storage.delete(parseBlobId(id));
}

describe('index recovery', () => {
  const cases = [
    ['corrupt/base', ['x']],
    ['epochs-many', ['x']],
    ['epochs-many', ['xn', 'xs', 'xr']],
    ['format-v1', ['n', 'm']],
    ['rich-flat', ['x']],
    ['hash-hmac-sha256-128-aes', ['x']],
  ] as const;

  test.each(cases)('brings everything back to %s without %j', async (name, prefixes) => {
    using fixture = unpackFixture(findFixture(name));
    const { path, expected } = fixture;
    await deleteIndexes(await createFileSystemStorage({ path }, 'read-write'), prefixes);
    expect(await recover(path, expected.password)).toBeGreaterThan(0);
    expect(await recover(path, expected.password)).toBe(0);

    const repository = await openLocal(path, expected.password);
    expect(await check(repository)).toMatchObject({ errorCount: 0 });
    const ids = (await listSnapshots(repository)).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(expected.snapshots.map(({ id }) => id)));
    expect(await verifyAll(repository)).toEqual([]);
    await repository.close();
  });

  test('adds nothing to a sound repository', async () => {
    using fixture = unpackFixture(findFixture('epochs-many'));
    expect(await recover(fixture.path, fixture.expected.password)).toBe(0);
  });

  test('takes a damaged index blob out and its entries from the packs', async () => {
    using fixture = unpackFixture(findFixture('corrupt/flip-index'));
    const { path, expected } = fixture;
    await expect(openLocal(path, expected.password)).rejects.toMatchObject({ code: 'CONTENT_CORRUPT' });
    expect(await recover(path, expected.password)).toBeGreaterThan(0);
    const repository = await openLocal(path, expected.password);
    expect(await check(repository)).toMatchObject({ errorCount: 0 });
    expect(await verifyAll(repository)).toEqual([]);
    await repository.close();
  });

  test.each([
    ['some packs', { packs: ['p'], prefixes: [] }],
    ['some prefixes', { packs: [], prefixes: ['q'] }],
    ['unreadable packs', { packs: [], prefixes: ['p', 'q'] }],
  ])('leaves damaged index blobs alone when it reads %s', async (kind, { packs, prefixes }) => {
    using fixture = unpackFixture(findFixture('corrupt/flip-index'));
    const { path, expected } = fixture;
    const storage = await createFileSystemStorage({ path }, 'read-write');
    const [pack] = await Array.fromAsync(storage.list('p'));
    if (kind === 'unreadable packs') await storage.put(pack?.id ?? parseBlobId('p'), [Uint8Array.of(1)]);
    const damaged: string[] = [];
    const repository = await openDamaged(path, expected.password, damaged);
    const chosen = packs.length > 0 ? [pack?.id ?? ''] : [];
    const options = { packs: chosen, prefixes, parallel: 4, ignoreErrors: true };
    using plan = await planIndexRecovery(repository.maintenanceParts(), options);
    expect(plan.isComplete).toBe(false);
    expect(await applyIndexRecovery(repository.maintenanceParts(), plan, damaged)).toBe(0);
    const left = (await Array.fromAsync(storage.list('x'))).map(({ id }) => id);
    expect(left).toEqual(expect.arrayContaining(damaged));
    expect(damaged).toHaveLength(1);
    await repository.close();
  });

  test.skipIf(!findTool('kopia'))(titleFor('kopia', 'leaves what kopia reads'), async () => {
    for (const [name, prefixes] of cases.slice(0, 4)) {
      using fixture = unpackFixture(findFixture(name));
      const { path, expected } = fixture;
      await deleteIndexes(await createFileSystemStorage({ path }, 'read-write'), prefixes);
      await recover(path, expected.password);
      using kopia = openTool('kopia');
      const env = { KOPIA_PASSWORD: expected.password };
      kopia.mustRun(['repository', 'connect', 'filesystem', '--path', path], env);
      kopia.mustRun(['snapshot', 'verify', '--verify-files-percent=100'], env);
      kopia.mustRun(['content', 'verify', '--full'], env);
    }
  });
});

describe('verification of damaged repositories', () => {
  test.each([
    ['corrupt/flip-data-pack', { damagedContents: { count: 1 } }],
    ['corrupt/truncated-data-pack', { truncatedPacks: { count: 1 } }],
    ['corrupt/base', { errorCount: 0 }],
  ])('%s', async (name, expectation) => {
    using fixture = unpackFixture(findFixture(name));
    const repository = await openDamaged(fixture.path, fixture.expected.password);
    expect(await check(repository)).toMatchObject(expectation);
    await repository.close();
  });
});
