import type { NameList } from '../filesystem/name-list.ts';
import { openDirHandle } from '../filesystem/path.ts';
import { type EntryKind, lstatIfExists } from '../filesystem/stat.ts';
import type { ContentSource } from '@holdfast/repository';
import { nameOnDisk } from '../snapshot/entry.ts';
import { canHavePlaceholder, PLACEHOLDER_SUFFIX } from './placeholder.ts';
import { namesIn, removeTree } from './remove-tree.ts';
import { readDirectory } from './tree-reader.ts';

/** What was removed because the snapshot does not have it. */
export interface Removed {
  directories: number;
  files: number;
  symlinks: number;
}

/** What is in a directory before something is restored into it; costs its names and a byte for each. */
export class ExistingEntries {
  readonly #path: string;
  readonly #names: NameList;
  readonly #hasPlaceholders: boolean;

  constructor(path: string) {
    this.#path = path;
    this.#names = namesIn(path);
    this.#hasPlaceholders = hasPlaceholder(this.#names);
  }

  /** Removes what `objectId` does not have, and files where it has directories or the other way round. The whole directory
   *  object is read before anything is removed. Source: kopia snapshot/restore/restore.go (deleteExtraFilesInDir). */
  async removeExtra(
    source: ContentSource,
    objectId: string,
    removed: Removed,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const isKept = new Uint8Array(this.#names.length);
    const keep = (name: string, isDirectory: boolean): void => {
      const index = indexOf(this.#names, name);
      if (index >= 0 && this.#isDirectory(index) === isDirectory) isKept[index] = 1;
    };
    for await (const item of readDirectory(source, objectId, signal)) {
      if (item.kind === 'entry') keep(nameOnDisk(item.entry), item.entry.type === 'd');
      else for (const { name, extra } of item.tail.extra?.specials ?? []) keep(extra?.rawName ?? name, false);
    }
    for (const [index, kept] of isKept.entries())
      if (kept === 0) this.#remove(this.#names.name(index), removed);
  }

  /** The placeholder of an entry, if it is there. */
  placeholderOf(name: string): string | undefined {
    if (!this.#hasPlaceholders || !canHavePlaceholder(name)) return undefined;
    const placeholder = `${name}${PLACEHOLDER_SUFFIX}`;
    return indexOf(this.#names, placeholder) < 0 ? undefined : placeholder;
  }

  #isDirectory(index: number): boolean {
    const kind = this.#names.kind(index);
    if (kind !== 'unknown') return kind === 'directory';
    return kindOf(this.#path, this.#names.name(index)) === 'directory';
  }

  #remove(name: string, removed: Removed): void {
    const kind = removeTree(this.#path, name);
    if (kind === 'directory') removed.directories++;
    else if (kind === 'symlink') removed.symlinks++;
    else removed.files++;
  }
}

/** Removes a placeholder of `directory` when what it stands for is there. */
export function removePlaceholder(directory: string, placeholder: string): void {
  const isThere = (name: string): boolean => kindOf(directory, name) !== undefined;
  if (isThere(placeholder.slice(0, -PLACEHOLDER_SUFFIX.length)) && isThere(placeholder))
    removeTree(directory, placeholder);
}

function kindOf(directory: string, name: string): EntryKind | undefined {
  const handle = openDirHandle(directory);
  try {
    return lstatIfExists(handle.child(name))?.kind;
  } finally {
    handle.close();
  }
}

function hasPlaceholder(names: NameList): boolean {
  for (let i = 0; i < names.length; i++) if (names.name(i).endsWith(PLACEHOLDER_SUFFIX)) return true;
  return false;
}

/** Index of a name, or -1. */
function indexOf(names: NameList, name: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (names.name(middle) < name) low = middle + 1;
    else high = middle;
  }
  return low < names.length && names.name(low) === name ? low : -1;
}
