import type { DiffChange } from './diff-trees.ts';

/** Counts of one kind of entry. */
export interface DiffCounts {
  readonly added: number;
  readonly removed: number;
  readonly modified: number;
  /** The same object, other attributes. */
  readonly sameContentButDifferentMetadata: number;
  readonly sameContentButDifferentMode: number;
  readonly sameContentButDifferentModificationTime: number;
  readonly sameContentButDifferentUserOwner: number;
  readonly sameContentButDifferentGroupOwner: number;
}

/** Counts of all differences, with kopia's names. Source: kopia internal/diff/diff.go. */
export interface DiffStats {
  readonly fileEntries: DiffCounts;
  readonly directoryEntries: DiffCounts;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const NOTHING: DiffCounts = {
  added: 0,
  removed: 0,
  modified: 0,
  sameContentButDifferentMetadata: 0,
  sameContentButDifferentMode: 0,
  sameContentButDifferentModificationTime: 0,
  sameContentButDifferentUserOwner: 0,
  sameContentButDifferentGroupOwner: 0,
};

/** Counts differences as they come. */
export class DiffCounter implements DiffStats {
  readonly fileEntries: Mutable<DiffCounts> = { ...NOTHING };
  readonly directoryEntries: Mutable<DiffCounts> = { ...NOTHING };

  add(change: DiffChange): void {
    const isDirectory = (change.after ?? change.before)?.type === 'd';
    const counts = isDirectory ? this.directoryEntries : this.fileEntries;
    switch (change.kind) {
      case 'added':
        counts.added++;
        break;
      case 'removed':
        counts.removed++;
        break;
      case 'modified':
        if (change.isSameContent) countMetadata(counts, change);
        else counts.modified++;
        break;
    }
  }
}

function countMetadata(counts: Mutable<DiffCounts>, { attributes }: DiffChange): void {
  counts.sameContentButDifferentMetadata++;
  if (attributes.includes('mode')) counts.sameContentButDifferentMode++;
  if (attributes.includes('mtimeNs')) counts.sameContentButDifferentModificationTime++;
  if (attributes.includes('uid')) counts.sameContentButDifferentUserOwner++;
  if (attributes.includes('gid')) counts.sameContentButDifferentGroupOwner++;
}
