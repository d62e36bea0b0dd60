import { makeHardLink } from '../filesystem/entries.ts';
import { openDirHandle } from '../filesystem/path.ts';
import { type DirectoryEntry, nameOnDisk } from '../snapshot/entry.ts';
import { pathIn } from './file-batches.ts';
import type { RestoreContext } from './restore-context.ts';
import type { DirectoryInProgress } from './restore-directory.ts';

interface Name {
  readonly directory: DirectoryInProgress;
  readonly entry: DirectoryEntry;
}

/** Restores files with several names as such: the first name met gets the content, the others become links to it when
 *  all files are written. */
export class HardLinks {
  readonly #context: RestoreContext;
  readonly #firstNames = new Map<string, Name>();
  readonly #laterNames: (Name & { readonly first: Name })[] = [];

  constructor(context: RestoreContext) {
    this.#context = context;
  }

  /** Whether the entry is another name of a file met before; it is linked by `finish` then. */
  isLaterName(directory: DirectoryInProgress, entry: DirectoryEntry): boolean {
    const group = entry.extra?.hardLink;
    if (group === undefined) return false;
    const first = this.#firstNames.get(group);
    if (first === undefined || first.entry.objectId !== entry.objectId) {
      this.#firstNames.set(group, { directory, entry });
      return false;
    }
    directory.begin();
    this.#laterNames.push({ directory, entry, first });
    return true;
  }

  /** Makes the links. */
  finish(): void {
    for (const name of this.#laterNames) {
      try {
        this.#link(name.first, name);
        this.#context.pool.mainCounters.add('restoredFiles', 1);
      } catch (error) {
        this.#context.fail(pathIn(name.directory, nameOnDisk(name.entry)), error);
      } finally {
        name.directory.end();
      }
    }
  }

  #link(first: Name, later: Name): void {
    const from = openDirHandle(first.directory.path);
    const to = openDirHandle(later.directory.path);
    try {
      const existing = from.child(nameOnDisk(first.entry));
      makeHardLink(existing, to.child(nameOnDisk(later.entry)), this.#context.options.overwriteFiles);
    } finally {
      from.close();
      to.close();
    }
  }
}
