import fc from 'fast-check';
import { expect, test } from 'vitest';

import { byteNameFromText } from '../snapshot/names.ts';
import type { DiffNode } from './diff-node.ts';
import { DiffCounter } from './diff-stats.ts';
import { type DiffChange, diffTrees } from './diff-trees.ts';

/** A tree as nested records; a file is its content. */
type Tree = { readonly [name: string]: Tree | string };

function nodeOf(name: string, tree: Tree | string, changes: Partial<DiffNode> = {}): DiffNode {
  const type = typeof tree === 'string' ? 'f' : 'd';
  return {
    name: byteNameFromText(name),
    type,
    mode: 0o644,
    size: typeof tree === 'string' ? tree.length : 0,
    mtimeNs: 1n,
    uid: 0,
    gid: 0,
    objectId: JSON.stringify(tree, (_, value: unknown) =>
      typeof value === 'object' && value !== null ? sortedByKey(value) : value,
    ),
    children: () => childrenOf(tree),
    ...changes,
  };
}

function sortedByKey(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function* childrenOf(tree: Tree | string): AsyncGenerator<DiffNode> {
  if (typeof tree === 'string') return;
  const group = (child: Tree | string): number => (typeof child === 'string' ? 1 : 0);
  const sorted = Object.entries(tree).sort(
    ([a, left], [b, right]) => group(left) - group(right) || (a < b ? -1 : 1),
  );
  for (const [name, child] of sorted) yield nodeOf(name, child);
}

async function diff(before: DiffNode, after: DiffNode): Promise<readonly DiffChange[]> {
  return await Array.fromAsync(diffTrees(before, after));
}

async function changesOf(before: Tree, after: Tree): Promise<readonly string[]> {
  return (await diff(nodeOf('', before), nodeOf('', after))).map(({ kind, path }) => `${kind} ${path}`);
}

/** Every path of a tree; directories end with a slash. */
function pathsOf(tree: Tree, at = ''): readonly (readonly [path: string, content: string])[] {
  return Object.entries(tree).flatMap(([name, child]) =>
    typeof child === 'string'
      ? [[`${at}${name}`, child] as const]
      : [[`${at}${name}/`, ''] as const, ...pathsOf(child, `${at}${name}/`)],
  );
}

test('finds what was added, removed and changed, whole directories with what is in them', async () => {
  const before = { both: 'x', gone: 'x', dir: { a: 'x', same: { deep: 'x' } }, lost: { in: { it: 'x' } } };
  const after = { both: 'y', dir: { b: 'x', same: { deep: 'x' } }, more: { in: { it: 'x' } } };
  expect(await changesOf(before, after)).toEqual([
    'removed dir/a',
    'added dir/b',
    'removed lost',
    'removed lost/in',
    'removed lost/in/it',
    'added more',
    'added more/in',
    'added more/in/it',
    'modified both',
    'removed gone',
  ]);
});

test('what became another type is removed and added', async () => {
  expect(await changesOf({ x: 'file' }, { x: { in: 'it' } })).toEqual(['added x', 'added x/in', 'removed x']);
});

test('names attributes that differ although the content does not, and counts as kopia does', async () => {
  const changes = await diff(
    nodeOf('', 'text'),
    nodeOf('', 'text', { mode: 0o600, mtimeNs: 2n, uid: 7, gid: 8 }),
  );
  expect(changes).toMatchObject([{ attributes: ['mode', 'mtimeNs', 'uid', 'gid'], isSameContent: true }]);
  const counter = new DiffCounter();
  for (const change of changes) counter.add(change);
  expect(counter.fileEntries).toEqual({
    added: 0,
    removed: 0,
    modified: 0,
    sameContentButDifferentMetadata: 1,
    sameContentButDifferentMode: 1,
    sameContentButDifferentModificationTime: 1,
    sameContentButDifferentUserOwner: 1,
    sameContentButDifferentGroupOwner: 1,
  });
});

test('without objects, size and time tell whether a file is the same', async () => {
  const { objectId: _, ...local } = nodeOf('', 'text');
  expect(await diff(nodeOf('', 'text'), local)).toEqual([]);
  const later = await diff(nodeOf('', 'text'), { ...local, mtimeNs: 5n });
  expect(later).toMatchObject([{ attributes: ['mtimeNs'], isSameContent: false }]);
});

const trees = fc.letrec<{ tree: Tree; node: Tree | string }>((tie) => ({
  tree: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('node'), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
  node: fc.oneof({ maxDepth: 3 }, fc.constantFrom('1', '22'), tie('tree')),
})).tree;

test('agrees with a comparison of all paths', async () => {
  await fc.assert(
    fc.asyncProperty(trees, trees, async (before, after) => {
      const [left, right] = [new Map(pathsOf(before)), new Map(pathsOf(after))];
      const changes = await diff(nodeOf('', before), nodeOf('', after));
      const found = (wanted: DiffChange['kind']): readonly string[] =>
        changes
          .filter(({ kind }) => kind === wanted)
          .map((change) => `${change.path}${(change.after ?? change.before)?.type === 'd' ? '/' : ''}`)
          .toSorted();
      const missingFrom = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>) =>
        [...a.keys()].filter((path) => !b.has(path)).toSorted();
      expect(found('removed')).toEqual(missingFrom(left, right));
      expect(found('added')).toEqual(missingFrom(right, left));
      const changed = [...left].filter(([path, content]) => right.has(path) && right.get(path) !== content);
      expect(found('modified')).toEqual(changed.map(([path]) => path).toSorted());
    }),
  );
});
