import type { IgnoreScope } from '../ignore/scope.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import type { ByteName } from '../snapshot/names.ts';
import type { FailedEntry } from '../snapshot/summary.ts';
import { EMPTY_TOTALS, summarize } from '../snapshot/totals.ts';
import type { ThreadContext } from '../threads/thread-context.ts';
import type { DirectoryScan } from './directory-scan.ts';
import { failureOf, isFileSystemError, isPlaceholderError } from './failures.ts';
import { nothingRemains } from './remaining-names.ts';
import { type PlaceholderPlace, readEntryOfPlaceholder, targetOfPlaceholder } from './placeholders.ts';
import type { FoundDirectory } from './tasks.ts';

/** Directories that are placeholders: what they stand for is saved already. */
export interface PlaceholderDirectories {
  /** Of the placeholders, readable or not. */
  readonly names: ReadonlySet<ByteName>;
  readonly found: readonly FoundDirectory[];
  readonly failed: readonly FailedEntry[];
}

/** Reads those of a directory; one that can't be read is a failure. */
export async function placeholderDirectories(
  context: ThreadContext,
  place: PlaceholderPlace,
  { directories, scope }: DirectoryScan,
  relativePath: string,
): Promise<PlaceholderDirectories> {
  const names = directories.flatMap(({ name }) => (targetOfPlaceholder(name) === undefined ? [] : [name]));
  const found: FoundDirectory[] = [];
  const failed: FailedEntry[] = [];
  for (const name of names) {
    try {
      found.push(savedDirectory(await readEntryOfPlaceholder(context, place, name, 'd'), scope));
    } catch (error) {
      if (!isFileSystemError(error) && !isPlaceholderError(error)) throw error;
      failed.push(failureOf({ relativePath }, name, error));
      context.counters.add('failedFiles', 1);
    }
  }
  return { names: new Set(names), found, failed };
}

/** A directory that needs nothing any more. */
function savedDirectory(entry: DirectoryEntry, scope: IgnoreScope): FoundDirectory {
  const { name, objectId, summary, extra, mode, size, mtimeNs, uid, gid } = entry;
  const attributes = { mode, size, mtimeNs, uid, gid };
  const finished = { objectId, summary: summary ?? summarize(EMPTY_TOTALS, { mtimeNs }) };
  return {
    name,
    visibleName: name,
    attributes,
    extra,
    previous: [],
    reply: {
      kind: 'directory',
      finished,
      directories: [],
      scope,
      pieces: [],
      totals: EMPTY_TOTALS,
      failed: [],
      changed: [],
      remaining: nothingRemains(),
      extra: undefined,
      records: new Uint8Array(),
    },
  };
}
