import type { DirectoryEntry } from '../snapshot/entry.ts';
import type { FinishedDirectory, FoundDirectory } from './tasks.ts';

/** The entry of a directory that is stored. */
export function directoryEntry(
  { visibleName, attributes, extra }: FoundDirectory,
  { objectId, summary }: FinishedDirectory,
): DirectoryEntry {
  return { name: visibleName, type: 'd', ...attributes, objectId, summary, ...(extra && { extra }) };
}

/** Stand-ins for names that aren't UTF-8 can sort differently from the names themselves. */
export function inOrderOfVisibleNames(directories: readonly FoundDirectory[]): readonly FoundDirectory[] {
  return directories.toSorted((a, b) => (a.visibleName < b.visibleName ? -1 : 1));
}
