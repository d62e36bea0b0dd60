import { formatTimeNs, type GoJsonObject, type Repository, stringifyGo } from '@holdfast/repository';
import { type DirectoryEntry, readEntries, type SnapshotManifest, textOfByteName } from '@holdfast/uploader';
import type { CliContext } from '../../context.ts';
import { tell } from '../../output/messages.ts';

/** How much to tell of each directory and of each other entry that was saved; undefined or 0 for nothing, 10 for all. */
export interface DetailFlags {
  readonly logDirDetail?: number;
  readonly logEntryDetail?: number;
}

/* From which detail on there is what. Source: kopia snapshot/upload/upload.go. */
const SIZE = 3;
const DIRECTORY_COUNTS = 5;
const TIME = 6;
const OBJECT = 7;

/** Tells of what a snapshot has, a line an entry, directories after what is in them, in the form of kopia's log. */
export async function tellSavedEntries(
  context: CliContext,
  repository: Repository,
  { rootEntry }: SnapshotManifest,
  { logDirDetail: directories = 0, logEntryDetail: others = 0 }: DetailFlags,
): Promise<void> {
  const visit = async (entry: DirectoryEntry, path: string): Promise<void> => {
    if (entry.type === 'd')
      for await (const child of readEntries(repository.contents, entry.objectId))
        if (child.type === 'd' || others > 0) await visit(child, childPath(path, child));
    const detail = entry.type === 'd' ? directories : others;
    if (detail > 0) tell(context, `${MESSAGES[entry.type]}\t${stringifyGo(detailsOf(entry, path, detail))}`);
  };
  if (rootEntry !== undefined && (directories > 0 || others > 0)) await visit(rootEntry, ROOT);
}

const ROOT = '.';
const MESSAGES = { d: 'snapshotted directory', f: 'snapshotted file', s: 'snapshotted symlink' } as const;

function childPath(path: string, { name }: DirectoryEntry): string {
  const text = textOfByteName(name);
  return path === ROOT ? text : `${path}/${text}`;
}

function detailsOf(
  { summary, size, mtimeNs, objectId }: DirectoryEntry,
  path: string,
  detail: number,
): GoJsonObject {
  return {
    path,
    ...(detail >= SIZE && { size: summary?.size ?? size }),
    ...(detail >= DIRECTORY_COUNTS &&
      summary && {
        files: summary.files,
        dirs: summary.dirs,
        errors: summary.numFailed + summary.numIgnoredErrors,
      }),
    ...(detail >= TIME && { mtime: wholeSeconds(summary?.maxTimeNs ?? mtimeNs) }),
    ...(detail >= OBJECT && { oid: objectId }),
  };
}

function wholeSeconds(ns: bigint): string {
  return formatTimeNs(ns - (((ns % SECOND_NS) + SECOND_NS) % SECOND_NS));
}

const SECOND_NS = 1_000_000_000n;
