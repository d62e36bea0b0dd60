import type { Repository } from '@holdfast/repository';

import type { DiffNode } from '../diff/diff-node.ts';
import { localNode } from '../diff/local-node.ts';
import { snapshotNode } from '../diff/snapshot-node.ts';
import { policyTree } from '../policy/tree.ts';
import type { SnapshotSource } from '../snapshot/source.ts';
import { findEntry } from './find-entry.ts';
import { loadPolicies } from './snapshot-store.ts';

/** The side of a comparison that a snapshot's or object's ID names, perhaps with a path below it.
 *  Throws ENTRY_NOT_FOUND. */
export async function storedSide(repository: Repository, text: string): Promise<DiffNode> {
  return snapshotNode(repository.contents, await findEntry(repository, text));
}

/** The side that is on disk at `source.path`, as a backup under the policies of `source` would save it. */
export async function localSide(repository: Repository, source: SnapshotSource): Promise<DiffNode> {
  return localNode(source.path, policyTree(source, await loadPolicies(repository)));
}
