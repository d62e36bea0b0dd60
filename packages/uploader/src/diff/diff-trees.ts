import { childPath } from '../backup/failures.ts';
import { type ByteName, compareByteNames, textOfByteName } from '../snapshot/names.ts';
import type { DiffNode } from './diff-node.ts';

/** What is compared besides content. */
export const DIFF_ATTRIBUTES = ['mode', 'size', 'mtimeNs', 'uid', 'gid'] as const;

export type DiffAttribute = (typeof DIFF_ATTRIBUTES)[number];

/** One difference. */
export interface DiffChange {
  readonly kind: 'added' | 'removed' | 'modified';
  /** Below the roots; '' for the roots themselves. */
  readonly path: string;
  readonly before: DiffNode | undefined;
  readonly after: DiffNode | undefined;
  /** Attributes that differ. */
  readonly attributes: readonly DiffAttribute[];
  /** The objects are the same; of what is on disk: size and time are. */
  readonly isSameContent: boolean;
}

/** Compares two trees and yields their differences: what is in a directory after the directory itself, in the order of
 *  snapshots. Directories with the same object are not read. Both are streamed side by side, so that memory does not depend
 *  on their size. An entry that became another type is removed and added. */
export async function* diffTrees(
  before: DiffNode,
  after: DiffNode,
  path: string = '',
): AsyncGenerator<DiffChange> {
  if (before.type !== after.type) {
    yield* oneSided('removed', before, path);
    yield* oneSided('added', after, path);
    return;
  }
  const change = compare(before, after, path);
  if (change !== undefined) yield change;
  if (before.type !== 'd' || isSameObject(before, after)) return;
  for await (const [left, right] of pairs(before.children(), after.children())) {
    const name = childPath(path, textOfByteName((left ?? right)?.name ?? EMPTY_NAME));
    if (left !== undefined && right !== undefined) yield* diffTrees(left, right, name);
    else if (left !== undefined) yield* oneSided('removed', left, name);
    else if (right !== undefined) yield* oneSided('added', right, name);
  }
}

// The empty byte string is one.
const EMPTY_NAME = '' as ByteName;

function compare(before: DiffNode, after: DiffNode, path: string): DiffChange | undefined {
  const attributes = DIFF_ATTRIBUTES.filter((attribute) => before[attribute] !== after[attribute]);
  const isSameContent = isSame(before, after);
  // Whether a directory holds other things, its entries tell.
  if (attributes.length === 0 && (isSameContent || before.type === 'd')) return undefined;
  return { kind: 'modified', path, before, after, attributes, isSameContent };
}

function isSameObject(before: DiffNode, after: DiffNode): boolean {
  return before.objectId !== undefined && before.objectId === after.objectId;
}

function isSame(before: DiffNode, after: DiffNode): boolean {
  if (before.objectId !== undefined && after.objectId !== undefined) return isSameObject(before, after);
  return before.type === 'd' || (before.size === after.size && before.mtimeNs === after.mtimeNs);
}

async function* oneSided(
  kind: 'added' | 'removed',
  node: DiffNode,
  path: string,
): AsyncGenerator<DiffChange> {
  const [before, after] = kind === 'added' ? [undefined, node] : [node, undefined];
  yield { kind, path, before, after, attributes: [], isSameContent: false };
  if (node.type !== 'd') return;
  for await (const child of node.children())
    yield* oneSided(kind, child, childPath(path, textOfByteName(child.name)));
}

/** Entries of both directories side by side: those of the same name together. */
async function* pairs(
  left: AsyncIterable<DiffNode>,
  right: AsyncIterable<DiffNode>,
): AsyncGenerator<readonly [DiffNode | undefined, DiffNode | undefined]> {
  const [lefts, rights] = [left[Symbol.asyncIterator](), right[Symbol.asyncIterator]()];
  try {
    let [a, b] = [await nextOf(lefts), await nextOf(rights)];
    while (a !== undefined || b !== undefined) {
      const order = a === undefined ? 1 : b === undefined ? -1 : compareNodes(a, b);
      yield [order <= 0 ? a : undefined, order >= 0 ? b : undefined];
      if (order <= 0) a = await nextOf(lefts);
      if (order >= 0) b = await nextOf(rights);
    }
  } finally {
    await lefts.return?.();
    await rights.return?.();
  }
}

async function nextOf(nodes: AsyncIterator<DiffNode>): Promise<DiffNode | undefined> {
  const { done, value } = await nodes.next();
  return done === true ? undefined : value;
}

function compareNodes(a: DiffNode, b: DiffNode): number {
  const groups = (a.type === 'd' ? 0 : 1) - (b.type === 'd' ? 0 : 1);
  return groups || compareByteNames(a.name, b.name);
}
