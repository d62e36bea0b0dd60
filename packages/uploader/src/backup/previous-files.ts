import type { FileStat } from '../filesystem/stat.ts';
import { type DirectoryEntry, nameOnDisk } from '../snapshot/entry.ts';
import type { EntryListBuilder } from '../snapshot/entry-list-builder.ts';
import type { ByteName } from '../snapshot/names.ts';
import { isUnchangedSince } from './unchanged.ts';

/** Whether a previous snapshot has a file of that name, and whether its object can be reused. */
export type PreviousMatch = 'none' | 'changed' | 'unchanged';

/** The files of one directory in previous snapshots, asked for one by one in the order of their names. */
export interface PreviousFiles {
  /** Looks for the file that is called `name` on disk and looks like `stat` now. */
  find(name: ByteName, stat: FileStat): PreviousMatch;
  /** The object of what `find` has found last. */
  objectId(): string;
  /** Appends what `find` has found last as it is encoded; false when it would have to be encoded first. */
  copyTo(list: EntryListBuilder): boolean;
  /** All of them as they are encoded, when they are. */
  encodedList?(): Uint8Array;
}

/** Entries that were decoded already, in any order. */
export class DecodedFiles implements PreviousFiles {
  readonly #entries: ReadonlyMap<ByteName, DirectoryEntry>;
  #found: DirectoryEntry | undefined;

  /** The first of entries with the same name counts. */
  constructor(entries: Iterable<DirectoryEntry>) {
    const byName = new Map<ByteName, DirectoryEntry>();
    for (const entry of entries) {
      const name = nameOnDisk(entry);
      if (!byName.has(name)) byName.set(name, entry);
    }
    this.#entries = byName;
  }

  find(name: ByteName, stat: FileStat): PreviousMatch {
    this.#found = this.#entries.get(name);
    if (this.#found === undefined) return 'none';
    return isUnchangedSince(this.#found, stat) ? 'unchanged' : 'changed';
  }

  objectId(): string {
    return this.#found?.objectId ?? '';
  }

  copyTo(): boolean {
    return false;
  }
}
