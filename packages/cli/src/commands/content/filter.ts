import { contentIdFromKey, type IndexEntry } from '@holdfast/repository';

/** Which contents to list; kopia's flags. */
export interface ContentFilter {
  readonly prefix?: string;
  readonly prefixed?: boolean;
  readonly nonPrefixed?: boolean;
  readonly deleted?: boolean;
  readonly deletedOnly?: boolean;
}

/** Entries of the index that pass the filter, in order of IDs. */
export function chosenContents(
  index: { entries(prefix?: string): IteratorObject<IndexEntry> },
  filter: ContentFilter,
): IteratorObject<IndexEntry> {
  return index.entries(letterOf(filter)).filter((entry) => isChosen(entry, filter));
}

function isChosen(
  entry: IndexEntry,
  { prefix = '', prefixed, deleted, deletedOnly }: ContentFilter,
): boolean {
  if (entry.deleted ? deleted !== true && deletedOnly !== true : deletedOnly === true) return false;
  if (prefixed === true) return entry.key[0] !== 0;
  return prefix === '' || contentIdFromKey(entry.key).startsWith(prefix);
}

/** What the index can look up at once: the letter in front of the hash, '' for none. */
function letterOf({ prefix = '', prefixed, nonPrefixed }: ContentFilter): string | undefined {
  if (prefixed === true) return undefined;
  if (nonPrefixed === true) return '';
  return prefix === '' ? undefined : /^[g-z]/.test(prefix) ? prefix.charAt(0) : '';
}
