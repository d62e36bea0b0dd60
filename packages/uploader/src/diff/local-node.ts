import { basename } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';

import { type PlaceToScan, scanDirectory } from '../backup/directory-scan.ts';
import { childPath } from '../backup/failures.ts';
import { bytePath, nodePath, openDirHandle } from '../filesystem/path.ts';
import { type EntryKind, type FileStat, lstat, lstatAt } from '../filesystem/stat.ts';
import { enterDirectory, ROOT_SCOPE, withPolicy } from '../ignore/scope.ts';
import { childPolicyTree, type PolicyTree } from '../policy/tree.ts';
import type { EntryType } from '../snapshot/entry.ts';
import { byteNameFromText, type ByteName } from '../snapshot/names.ts';
import { visibleNames } from '../snapshot/visible-names.ts';
import type { DiffNode } from './diff-node.ts';

/** A file or directory on disk, to be compared: as an upload under these policies would save it, ignore rules included.
 *  Throws what the operating system says of it. */
export function localNode(path: string, policies: PolicyTree): DiffNode {
  const place: Place = {
    path: bytePath(path),
    relativePath: '',
    policies,
    policy: policies.policy,
    scope: withPolicy(ROOT_SCOPE, policies.policy),
  };
  const stat = lstat(nodePath(place.path));
  return nodeOf(byteNameFromText(basename(path)), typeOf(stat.kind) ?? 'f', stat, () => childrenOf(place));
}

interface Place extends PlaceToScan {
  readonly policies: PolicyTree;
}

const TYPES: Partial<Readonly<Record<EntryKind, EntryType>>> = { file: 'f', directory: 'd', symlink: 's' };

function typeOf(kind: EntryKind): EntryType | undefined {
  return TYPES[kind];
}

function nodeOf(
  name: ByteName,
  type: EntryType,
  { mode, size, mtimeNs, uid, gid }: FileStat,
  children: () => AsyncIterable<DiffNode>,
): DiffNode {
  return { name, type, mode, size: type === 'd' ? 0 : size, mtimeNs, uid, gid, children };
}

async function* childrenOf(place: Place): AsyncGenerator<DiffNode> {
  const directory = openDirHandle(place.path);
  try {
    const scan = scanDirectory(directory, place);
    const directories = scan.directories.map(({ name }) => name);
    const shown = visibleNames([...directories, ...scan.names]);
    for (const { name, visible } of inOrder(directories, shown)) {
      const child = childOf(place, scan.scope, name);
      yield nodeOf(visible, 'd', lstatAt(directory, name), () => childrenOf(child));
    }
    for (const { name, visible } of inOrder(scan.names, shown)) {
      const stat = lstatAt(directory, name);
      const type = typeOf(stat.kind);
      // What snapshots don't list as entries is not compared.
      if (type !== undefined) yield nodeOf(visible, type, stat, noChildren);
    }
  } finally {
    directory.close();
  }
  await breathe();
}

async function* noChildren(): AsyncGenerator<DiffNode> {}

interface NameOnDisk {
  readonly name: ByteName;
  readonly visible: ByteName;
}

/** In the order in which a snapshot has them. */
function inOrder(names: readonly ByteName[], shown: ReadonlyMap<ByteName, ByteName>): readonly NameOnDisk[] {
  const pairs = names.map((name) => ({ name, visible: shown.get(name) ?? name }));
  return shown.size === 0 ? pairs : pairs.toSorted((a, b) => (a.visible < b.visible ? -1 : 1));
}

function childOf(parent: Place, scope: Place['scope'], name: ByteName): Place {
  const policies = childPolicyTree(parent.policies, name);
  const entered = enterDirectory(scope, name);
  return {
    path: parent.path.endsWith('/') ? `${parent.path}${name}` : `${parent.path}/${name}`,
    relativePath: childPath(parent.relativePath, name),
    policies,
    policy: policies.policy,
    scope: policies.isDefined ? withPolicy(entered, policies.policy) : entered,
  };
}
