import { mkdirSync, writeFileSync } from 'node:fs';

import { parseBlobId, type Repository } from '@holdfast/repository';
import {
  applySnapshotFixes,
  type FixSelection,
  fixSnapshots,
  type InvalidHandling,
  listSnapshots,
  readEntries,
  type SnapshotFix,
  type SnapshotManifest,
  textOfByteName,
} from '@holdfast/uploader';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { findFixture, listFixtures, unpackFixture } from './support/fixtures.ts';
import {
  backUp,
  createLocal,
  openLocal,
  openScratch,
  PASSWORD,
  type Scratch,
  verifyAll,
} from './support/repository.ts';
import { findTool, openTool, titleFor } from './support/tools.ts';

let scratch: Scratch;
beforeEach(() => {
  scratch = openScratch();
});
afterEach(() => scratch[Symbol.dispose]());

const INVALID = { kind: 'invalid', handling: 'stub', filesPercent: 0 } as const;

interface Fix {
  readonly select?: FixSelection;
  readonly directories?: InvalidHandling;
  readonly onFound?: (path: string, error: string | undefined) => void;
}

function requestOf(snapshots: readonly SnapshotManifest[], { select, directories, onFound }: Fix) {
  const invalidDirectories = directories ?? 'stub';
  return { snapshots, select: select ?? INVALID, invalidDirectories, ...(onFound && { onFound }) } as const;
}

async function plan(repository: Repository, fix: Fix = {}): Promise<readonly SnapshotFix[]> {
  return await fixSnapshots(repository, requestOf(await listSnapshots(repository), fix), 'plan');
}

async function commit(repository: Repository, fix: Fix = {}): Promise<readonly SnapshotFix[]> {
  const fixes = await fixSnapshots(repository, requestOf(await listSnapshots(repository), fix), 'store');
  return await applySnapshotFixes(repository, fixes);
}

async function blobNames(repository: Repository, prefix = ''): Promise<string[]> {
  return (await Array.fromAsync(repository.storage.list(prefix))).map(({ id }) => id).toSorted();
}

/** Every path with its object below the snapshot's root. */
async function treeOf(repository: Repository, { rootEntry }: SnapshotManifest): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const walk = async (objectId: string, path: string): Promise<void> => {
    for await (const entry of readEntries(repository.contents, objectId)) {
      const child = `${path}${textOfByteName(entry.name)}`;
      found.set(child, entry.objectId);
      if (entry.type === 'd') await walk(entry.objectId, `${child}/`);
    }
  };
  await walk(rootEntry?.objectId ?? '', '');
  return found;
}

/** Two snapshots of one tree; what lies in the first one's data pack is lost. */
async function createDamaged(): Promise<Repository> {
  const repository = await createLocal(scratch.at('repository'));
  const source = scratch.at('source');
  mkdirSync(`${source}/deep/er`, { recursive: true });
  mkdirSync(`${source}/whole`);
  writeFileSync(`${source}/deep/er/lost`, 'this will be lost');
  writeFileSync(`${source}/lost too`, 'and this');
  await backUp(repository, source);
  const lost = await blobNames(repository, 'p');
  writeFileSync(`${source}/a`, 'a');
  writeFileSync(`${source}/deep/er/kept`, 'this stays');
  writeFileSync(`${source}/whole/file`, 'untouched');
  await backUp(repository, source);
  for (const pack of lost) await repository.storage.delete(parseBlobId(pack));
  return repository;
}

describe('fixing snapshots that lost files', () => {
  test('plans without writing anything, and then does what it planned', async () => {
    const repository = await createDamaged();
    const found: string[] = [];
    const before = await blobNames(repository);
    const planned = await plan(repository, { onFound: (path) => void found.push(path) });
    expect(planned).toHaveLength(2);
    expect([...new Set(found)].toSorted()).toEqual(['deep/er/lost', 'lost too']);
    expect(await blobNames(repository)).toEqual(before);

    const ids = (await listSnapshots(repository)).map(({ id }) => id);
    const fixes = await commit(repository);
    const roots = (list: readonly SnapshotFix[]) => list.map(({ after }) => after.rootEntry);
    expect(roots(fixes)).toEqual(roots(planned));
    await repository.close();

    const reopened = await openLocal(scratch.at('repository'));
    expect(await verifyAll(reopened)).toEqual([]);
    const [first, second] = await listSnapshots(reopened);
    expect([first?.id, second?.id].some((id) => ids.includes(id ?? ''))).toBe(false);
    const tree = await treeOf(reopened, second ?? expect.fail());
    expect([...tree.keys()]).toEqual([
      'deep',
      'deep/er',
      'deep/er/.INVALID.lost',
      'deep/er/kept',
      'whole',
      'whole/file',
      '.INVALID.lost too',
      'a',
    ]);
    const [, old] = fixes.map((fix) => fix.before);
    const oldTree = await treeOf(reopened, old ?? expect.fail());
    expect(tree.get('whole')).toBe(oldTree.get('whole'));
    expect(second?.rootEntry?.summary).toMatchObject({ files: 5, dirs: 4 });
    expect(await plan(reopened)).toEqual([]);
    await reopened.close();
  });

  test('removes, keeps or stops, as it is told', async () => {
    const repository = await createDamaged();
    const select = (handling: InvalidHandling): FixSelection => ({ ...INVALID, handling });
    expect(await plan(repository, { select: select('keep') })).toEqual([]);
    await expect(plan(repository, { select: select('fail') })).rejects.toMatchObject({ code: 'FILE_FAILED' });
    const [, second] = await commit(repository, { select: select('remove') });
    const tree = await treeOf(repository, second?.after ?? expect.fail());
    expect([...tree.keys()].toSorted()).toEqual([
      'a',
      'deep',
      'deep/er',
      'deep/er/kept',
      'whole',
      'whole/file',
    ]);
    expect(await verifyAll(repository)).toEqual([]);
    await repository.close();
  });

  test('takes chosen files out by object and by name', async () => {
    const repository = await createDamaged();
    const [, second] = await listSnapshots(repository);
    const objectId = (await treeOf(repository, second ?? expect.fail())).get('a') ?? '';
    const select = { kind: 'chosen', objectIds: [objectId], fileNames: ['lo[a-z]t*', 'whol?'] } as const;
    const [, fixed] = await commit(repository, { select });
    expect([...(await treeOf(repository, fixed?.after ?? expect.fail())).keys()].toSorted()).toEqual([
      'deep',
      'deep/er',
      'deep/er/kept',
    ]);
    expect(await verifyAll(repository)).toEqual([]);
    await repository.close();
  });

  test('ends when it is told to', async () => {
    const repository = await createDamaged();
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    const request = { ...requestOf(await listSnapshots(repository), {}), signal: abort.signal };
    await expect(fixSnapshots(repository, request, 'plan')).rejects.toThrow('enough');
    await repository.close();
  });

  test.skipIf(!findTool('kopia'))(
    titleFor('kopia', 'leaves what kopia verifies and changes no more'),
    async () => {
      const repository = await createDamaged();
      await commit(repository);
      await repository.close();
      using kopia = openTool('kopia');
      const env = { KOPIA_PASSWORD: PASSWORD };
      kopia.mustRun(['repository', 'connect', 'filesystem', '--path', scratch.at('repository')], env);
      kopia.mustRun(['snapshot', 'verify', '--verify-files-percent=100'], env);
      const result = kopia.run(['snapshot', 'fix', 'invalid-files', '--verify-files-percent=100'], env);
      expect(result.stderr).toContain('No changes');
    },
  );
});

describe('fixing damaged fixtures', () => {
  const names = [
    'corrupt/flip-data-pack',
    'corrupt/truncated-data-pack',
    'corrupt/missing-data-pack',
    'corrupt/flip-root-directory',
  ];
  const present = new Set(listFixtures().map(({ name }) => name));

  test.each(names.filter((name) => present.has(name)))('%s', async (name) => {
    using fixture = unpackFixture(findFixture(name));
    const { path, expected } = fixture;
    const repository = await openLocal(path, expected.password);
    expect(await verifyAll(repository)).not.toEqual([]);
    const fixes = await commit(repository, { select: { ...INVALID, filesPercent: 100 } });
    expect(fixes.length).toBeGreaterThan(0);
    expect(await verifyAll(repository)).toEqual([]);
    expect(await listSnapshots(repository)).toHaveLength(expected.snapshots.length);
    await repository.close();
    if (!findTool('kopia')) return;
    using kopia = openTool('kopia');
    const env = { KOPIA_PASSWORD: expected.password };
    kopia.mustRun(['repository', 'connect', 'filesystem', '--path', path], env);
    kopia.mustRun(['snapshot', 'verify', '--verify-files-percent=100'], env);
  });
});
