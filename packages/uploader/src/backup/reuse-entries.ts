import type { DirHandle } from '../filesystem/path.ts';
import { lstatAt } from '../filesystem/stat.ts';
import { FileTotals } from '../snapshot/totals.ts';
import { type DirectoryStats, isRecordOf } from '../stat-cache/directory-stats.ts';
import type { ThreadContext } from '../threads/thread-context.ts';
import type { EntriesToUpload, UploadedEntries } from './entries-upload.ts';
import { isFileSystemError } from './failures.ts';
import { targetOfPlaceholder } from './placeholders.ts';
import { entryTypeOf } from './unchanged.ts';

/** In a smaller directory the digest takes longer than what it saves. */
const LEAST_ENTRIES = 8;

/** Whether what becomes of these entries may be taken for what will become of them again. */
export function canBeRemembered({ isWhole, names, visibleNames }: EntriesToUpload): boolean {
  return isWhole && names.length >= LEAST_ENTRIES && visibleNames.size === 0;
}

/** The entries of a directory as the previous snapshot has them, when they and their files are as they were in the backup before:
 *  one look at each file, and none for its attributes. Undefined when that is not known or not so. */
export function reuseEntries(
  context: ThreadContext,
  directory: DirHandle,
  work: EntriesToUpload,
): UploadedEntries | undefined {
  const { stats } = context;
  const list = work.previous.encodedList?.();
  if (stats === undefined || list === undefined || work.rehash.percent > 0) return undefined;
  const recorded = canBeRemembered(work) ? stats.recorded(work.path) : undefined;
  if (recorded === undefined) return undefined;
  const totals = totalsOfAll(stats, directory, work);
  if (totals === undefined) return undefined;
  const record = stats.record(work.path, work.policy.files.maxFileSize ?? 0, list);
  if (record === undefined || !isRecordOf(record, recorded)) return undefined;
  const sums = totals.totals({ failed: [], ignored: [] });
  context.counters.add('cachedFiles', sums.files);
  context.counters.add('cachedBytes', sums.size);
  return {
    pieces: [{ kind: 'entries', json: new Uint8Array(list) }],
    totals: sums,
    failed: [],
    changed: [],
    specials: [],
    record,
    readingEffort: 0,
  };
}

/** Looks at all entries; undefined when one is neither file nor symbolic link, stands for something else, or is gone. */
function totalsOfAll(
  stats: DirectoryStats,
  directory: DirHandle,
  { names }: EntriesToUpload,
): FileTotals | undefined {
  const totals = new FileTotals();
  const digest = stats.begin();
  try {
    for (const name of names) {
      const stat = lstatAt(directory, name);
      const type = entryTypeOf(stat);
      if ((type !== 'f' && type !== 's') || targetOfPlaceholder(name) !== undefined) return undefined;
      digest.add(name, stat);
      totals.add(type, stat.size, stat);
    }
  } catch (error) {
    if (!isFileSystemError(error)) throw error;
    return undefined;
  }
  return totals;
}
