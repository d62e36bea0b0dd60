import { createFileSystemStorage, Repository } from '@holdfast/repository';
import {
  DEFAULT_RESTORE_OPTIONS,
  findEntry,
  listSnapshots,
  restoreSnapshot,
  type SnapshotManifest,
} from '@holdfast/uploader';
import { describe, expect, test } from 'vitest';

import { compareTree } from './support/compare-tree.ts';
import type { ExpectedEntry, ExpectedRepository, ExpectedSnapshot } from './support/expected.ts';
import {
  describedFixtures,
  type Fixture,
  findFixture,
  listFixtures,
  readExpected,
  unpackFixture,
} from './support/fixtures.ts';
import { errorCode, openScratch, restore, verifyAll } from './support/repository.ts';

const fixtures = listFixtures().map((fixture) => ({ fixture, expected: readExpected(fixture) }));
const opening = fixtures.filter(({ expected }) => expected.openFails === undefined);
const whole = opening.filter(({ expected }) => expected.readability === undefined);
const damaged = opening.filter(({ expected }) => expected.readability !== undefined);
const refused = fixtures.filter(({ expected }) => expected.openFails !== undefined);

const byName = ({ fixture, expected }: (typeof fixtures)[number]): [string, Fixture, ExpectedRepository] => [
  fixture.name,
  fixture,
  expected,
];

async function openFixture(path: string, { password }: ExpectedRepository): Promise<Repository> {
  const storage = await createFileSystemStorage({ path }, 'read-only');
  const client = { username: 'user', hostname: 'host' };
  return await Repository.open({ storage, password, cacheDirectory: `${path}-cache`, client, workers: 1 });
}

/** Earlier times are beyond what file systems keep; kopia records one for what has no time. */
const OLDEST_TIME = '1901-12-14';

/** What a restore makes of the entries, but for images of block volumes, which have no place in a directory. */
function restoredTree(entries: readonly ExpectedEntry[]): readonly ExpectedEntry[] {
  return entries
    .filter((entry) => !isImage(entry))
    .map((entry) => ({
      ...entry,
      mtimeOmitted: entry.mtimeOmitted === true || entry.mtime < OLDEST_TIME,
    }));
}

function isImage({ path }: ExpectedEntry): boolean {
  return path.startsWith('/dev/');
}

/** Restores a snapshot and lists every way in which the result is not what was saved. */
async function differences(
  repository: Repository,
  snapshot: SnapshotManifest,
  expected: ExpectedSnapshot,
): Promise<{ readonly differences: readonly string[]; readonly failed: readonly string[] }> {
  using scratch = openScratch();
  const target = scratch.at('restored');
  const { failed, problems, skippedImages } = await restore(repository, snapshot, target);
  expect(problems).toEqual([]);
  expect(skippedImages).toEqual(expected.entries.filter(isImage).map(({ path }) => path));
  return {
    differences: compareTree(restoredTree(expected.entries), target, {
      failing: new Set(failed.map(({ path }) => path)),
    }),
    failed: failed.map(({ path }) => path),
  };
}

describe('repositories that kopia wrote', () => {
  test.each(whole.map(byName))(
    '%s is read exactly',
    { timeout: 300_000 },
    async (_name, fixture, expected) => {
      using unpacked = unpackFixture(fixture);
      const repository = await openFixture(unpacked.path, expected);
      const snapshots = await listSnapshots(repository);
      expect(new Set(snapshots.map(({ id }) => id))).toEqual(new Set(expected.snapshots.map(({ id }) => id)));
      expect(await verifyAll(repository)).toEqual([]);
      for (const snapshot of snapshots) {
        const wanted = expected.snapshots.find(({ id }) => id === snapshot.id);
        expect(snapshot.source).toEqual(wanted?.source);
        expect(snapshot.rootEntry?.objectId).toBe(wanted?.rootObject);
        if (wanted === undefined) continue;
        expect(await differences(repository, snapshot, wanted)).toEqual({ differences: [], failed: [] });
      }
      await repository.close();
    },
  );
});

describe('damaged repositories', () => {
  test.each(refused.map(byName))(
    '%s does not open',
    { timeout: 60_000 },
    async (_name, fixture, expected) => {
      using unpacked = unpackFixture(fixture);
      const code = await errorCode(openFixture(unpacked.path, expected));
      expect(code).toMatch(/^[A-Z_]+$/);
    },
  );

  test.each(damaged.map(byName))(
    '%s gives what is left of it',
    { timeout: 120_000 },
    async (_name, fixture, expected) => {
      using unpacked = unpackFixture(fixture);
      const repository = await openFixture(unpacked.path, expected);
      const { failing = [], snapshotsMissing = [], entriesUnreachable = {} } = expected.readability ?? {};
      const left = expected.snapshots.filter(({ id }) => !snapshotsMissing.includes(id));
      // Without its manifests a repository has no snapshots, but must not pretend to be empty.
      if (left.length === 0) return expect(await errorCode(listSnapshots(repository))).toMatch(/^[A-Z_]+$/);
      const snapshots = await listSnapshots(repository);
      expect(snapshots.map(({ id }) => id)).toEqual(expect.arrayContaining(left.map(({ id }) => id)));
      for (const snapshot of snapshots) {
        const wanted = expected.snapshots.find(({ id }) => id === snapshot.id);
        if (wanted === undefined) continue;
        const lost = failing.filter(([id]) => id === snapshot.id).map(([, path]) => path);
        const unreachable = new Set(entriesUnreachable[snapshot.id] ?? []);
        const reachable = { ...wanted, entries: wanted.entries.filter(({ path }) => !unreachable.has(path)) };
        const result = await differences(repository, snapshot, reachable);
        expect(result.differences).toEqual([]);
        expect(lost).toEqual(expect.arrayContaining([...result.failed]));
      }
      await repository.close();
    },
  );
});

test.skipIf(!fixtures.some(({ fixture }) => fixture.name === 'velero-block'))(
  'the image of a block volume is restored to the file one asks for',
  async () => {
    using unpacked = unpackFixture(findFixture('velero-block'));
    const { snapshots } = unpacked.expected;
    using scratch = openScratch();
    const repository = await openFixture(unpacked.path, unpacked.expected);
    for (const { id, entries } of snapshots) {
      const image = entries.find(isImage);
      const entry = await findEntry(repository, `${id}/${image?.path}`);
      const target = scratch.at('image');
      const options = DEFAULT_RESTORE_OPTIONS;
      expect((await restoreSnapshot(repository, { entry, target, options })).failed).toEqual([]);
      if (image !== undefined) expect(compareTree([{ ...image, path: '.' }], target)).toEqual([]);
    }
    await repository.close();
  },
);

/** Those that are part of the project. */
const OWN = [
  'compression-s2-default',
  'corrupt/base',
  'corrupt/flip-data-pack',
  'corrupt/flip-format-encrypted',
  'corrupt/flip-format-json',
  'corrupt/flip-index',
  'corrupt/missing-format',
  'corrupt/truncated-data-pack',
  'corrupt/wrong-password',
  'epochs-many',
  'format-v1',
  'format-v3',
  'hash-hmac-sha256-128-aes',
  'rich-flat',
];

describe('the fixtures', () => {
  const names = [...whole, ...damaged, ...refused].map(({ fixture }) => fixture.name);
  const described = describedFixtures();

  test('of the project are all read above', () => {
    expect(names).toEqual(expect.arrayContaining(OWN));
  });

  test.skipIf(described === undefined)('that a larger collection describes are all read above', () => {
    expect(described?.length).toBeGreaterThan(70);
    expect(names.toSorted()).toEqual(described?.toSorted());
  });
});
