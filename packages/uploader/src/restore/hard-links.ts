import { makeHardLink } from '../filesystem/entries.ts';
import { openDirHandle } from '../filesystem/path.ts';
import { type DirectoryEntry, nameOnDisk } from '../snapshot/entry.ts';
import type { SpecialFile } from '../snapshot/specials.ts';
import { mayReplace } from './may-replace.ts';
import { NameChain, ROOT } from './name-chain.ts';
import { PositionTable } from './position-table.ts';
import type { RestoreContext } from './restore-context.ts';
import type { DirectoryInProgress } from './restore-directory.ts';

/** What can have several names. */
export type LinkableEntry = DirectoryEntry | SpecialFile;

/** The name of a hard-linked file that was met first and has, or will get, its content. */
export interface FirstName {
  readonly directory: string;
  readonly name: string;
  /** Resolves when the content is there, or could not be written; undefined when that was long ago. */
  readonly written: Promise<void> | undefined;
}

/** What to do with an entry: write it and call `written` when that is done or has failed, or link it to `first`. */
export type MetEntry =
  | { readonly kind: 'write'; readonly written: () => void }
  | { readonly kind: 'link'; readonly first: FirstName };

const WRITE: MetEntry = { kind: 'write', written: () => undefined };

/** Restores files with several names as such: the first name met gets the content, later ones become links to it. Only
 *  first names are remembered, packed: a million names of half as many files measured 26 MiB. */
export class HardLinks {
  readonly #root: string;
  readonly #names = new NameChain();
  readonly #firstNames = new PositionTable();
  /** By position of the name. */
  readonly #beingWritten = new Map<number, Promise<void>>();
  /** Positions of directories that have first names, while they are being restored. */
  readonly #directories = new WeakMap<DirectoryInProgress, number>();

  /** `root` is the byte path of the directory that is restored to. */
  constructor(root: string) {
    this.#root = root;
  }

  /** To be called once for each file, link and special file, in any order. */
  meet(directory: DirectoryInProgress, entry: LinkableEntry): MetEntry {
    const group = entry.extra?.hardLink;
    if (group === undefined) return WRITE;
    // Names of one file that changed in between have different contents.
    const key = `${group} ${'objectId' in entry ? entry.objectId : entry.type}`;
    const known = this.#firstNames.get(key);
    if (known !== undefined) return { kind: 'link', first: this.#firstName(known) };
    const parent = this.#positionOf(directory);
    const position = parent === undefined ? undefined : this.#names.put(parent, nameOnDisk(entry));
    // No more room: the names become files of their own.
    if (position === undefined) return WRITE;
    this.#firstNames.set(key, position);
    return { kind: 'write', written: this.#markBeingWritten(position) };
  }

  #firstName(position: number): FirstName {
    const { directory, name } = this.#names.get(position);
    const path = directory === '' ? this.#root : `${this.#root.replace(/\/$/, '')}/${directory}`;
    return { directory: path, name, written: this.#beingWritten.get(position) };
  }

  #markBeingWritten(position: number): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#beingWritten.set(position, promise);
    return () => {
      this.#beingWritten.delete(position);
      resolve();
    };
  }

  #positionOf(directory: DirectoryInProgress): number | undefined {
    const unknown: DirectoryInProgress[] = [];
    let known: DirectoryInProgress = directory;
    while (known.parent !== undefined && !this.#directories.has(known)) {
      unknown.push(known);
      known = known.parent;
    }
    let position: number | undefined = this.#directories.get(known) ?? ROOT;
    for (const next of unknown.toReversed()) {
      position = this.#names.put(position, nameOnDisk(next.entry));
      if (position === undefined) return undefined;
      this.#directories.set(next, position);
    }
    return position;
  }
}

/** Makes `entry` another name of `first`, whose content must be there. */
export function linkTo(
  { options, pool }: RestoreContext,
  first: FirstName,
  directory: DirectoryInProgress,
  entry: LinkableEntry,
): void {
  const from = openDirHandle(first.directory);
  const to = openDirHandle(directory.path);
  try {
    const path = to.child(nameOnDisk(entry));
    makeHardLink(from.child(first.name), path, mayReplace(path, options));
    if ('objectId' in entry) pool.mainCounters.add('restoredFiles', 1);
  } finally {
    from.close();
    to.close();
  }
}
