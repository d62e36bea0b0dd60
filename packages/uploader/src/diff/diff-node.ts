import type { Attributes } from '../snapshot/attributes.ts';
import type { EntryType } from '../snapshot/entry.ts';
import type { ByteName } from '../snapshot/names.ts';

/** One entry of a tree that is compared. */
export interface DiffNode extends Attributes {
  /** As snapshots show it. */
  readonly name: ByteName;
  readonly type: EntryType;
  /** Undefined for what is on disk. */
  readonly objectId?: string;
  /** What is in a directory: directories first, each kind in order of names. */
  children(): AsyncIterable<DiffNode>;
}
