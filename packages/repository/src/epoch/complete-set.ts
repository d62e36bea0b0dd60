import type { BlobMetadata } from '../blob/storage.ts';
import { parseSet } from './names.ts';

/** The first complete set among blobs that replace the same ones; undefined when all are incomplete. A blob that belongs
 *  to no set is complete by itself. Source: kopia internal/completeset/complete_set.go. */
export function firstCompleteSet(blobs: readonly BlobMetadata[]): readonly BlobMetadata[] | undefined {
  const sets = new Map<string, BlobMetadata[]>();
  for (const blob of blobs) {
    const name = parseSet(blob.id);
    if (name === undefined) return [blob];
    const members = sets.get(name.set) ?? [];
    sets.set(name.set, members);
    if (members.push(blob) === name.count) return members;
  }
  return undefined;
}
