import type { ContentSource } from '@holdfast/repository';

import { readEntries } from '../restore/tree-reader.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import type { DiffNode } from './diff-node.ts';

/** A file or directory of a snapshot, or an object, to be compared. */
export function snapshotNode(source: ContentSource, entry: DirectoryEntry): DiffNode {
  const { name, type, mode, size, mtimeNs, uid, gid, objectId } = entry;
  return { name, type, mode, size, mtimeNs, uid, gid, objectId, children: () => nodesIn(source, objectId) };
}

async function* nodesIn(source: ContentSource, objectId: string): AsyncGenerator<DiffNode> {
  for await (const entry of readEntries(source, objectId)) yield snapshotNode(source, entry);
}
