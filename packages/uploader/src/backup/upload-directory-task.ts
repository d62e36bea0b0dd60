import { type DirHandle, openDirHandle } from '../filesystem/path.ts';
import type { FileStat } from '../filesystem/stat.ts';
import { metadataCompressor } from '../policy/compression.ts';
import type { Attributes } from '../snapshot/attributes.ts';
import { directoryHead, directoryTail } from '../snapshot/directory.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import type { ByteName } from '../snapshot/names.ts';
import type { DirectoryExtra } from '../snapshot/specials.ts';
import type { DirectorySummary } from '../snapshot/summary.ts';
import { type DirectoryTotals, EMPTY_TOTALS, mergeTotals, summarize, totalsOf } from '../snapshot/totals.ts';
import { visibleNames } from '../snapshot/visible-names.ts';
import { encoderOf, type ThreadContext } from '../threads/thread-context.ts';
import { type DirectoryScan, scanDirectory } from './directory-scan.ts';
import { entryExtra } from './entry-extra.ts';
import { byNameOnDisk, type UploadedEntries, uploadEntries } from './entries-upload.ts';
import { NO_NAMES, unpackNames } from './packed-names.ts';
import { previousEntries } from './previous-entries.ts';
import type { DirectoryReply, DirectoryTask, FilesReply, FilesTask, FoundDirectory } from './tasks.ts';

/** A directory with more files than this is listed first and its files are uploaded by further tasks. */
const FILES_AT_ONCE = 2048;
/** A directory object up to this size is always one content, whatever the splitter. */
const ONE_CONTENT_BYTES = 64 << 10;

/** Lists a directory and uploads its files unless they are many. Throws what listing the directory throws. */
export async function uploadDirectory(context: ThreadContext, task: DirectoryTask): Promise<DirectoryReply> {
  const directory = openDirHandle(task.path);
  try {
    const scan = scanDirectory(directory, task, task.listOnly ? 0 : FILES_AT_ONCE);
    context.counters.add('excludedFiles', scan.excluded.names.length);
    context.counters.add('excludedDirectories', scan.excluded.directories.length);
    const standIns = visibleNames(namesOf(scan));
    const isPostponed = scan.packed !== undefined;
    const previous = await wantedEntries(context, task, scan, !isPostponed);
    const files = isPostponed
      ? NOTHING
      : await uploadEntries(context, directory, {
          ...task,
          names: scan.names,
          visibleNames: standIns,
          previous,
        });
    return finish(context, {
      task,
      scan,
      files,
      isPostponed,
      standIns,
      found: scan.directories.map(({ name, stat }) =>
        foundDirectory(directory, { name, visibleName: standIns.get(name) ?? name, stat }, previous),
      ),
    });
  } finally {
    directory.close();
  }
}

/** Uploads some files of a directory. */
export async function uploadFiles(context: ThreadContext, task: FilesTask): Promise<FilesReply> {
  const directory = openDirHandle(task.path);
  try {
    const previous = byNameOnDisk(task.previous);
    const { specials, ...uploaded } = await uploadEntries(context, directory, { ...task, previous });
    return { kind: 'files', ...uploaded, extra: extraOf(specials) };
  } finally {
    directory.close();
  }
}

/** All names of a directory, for iterating more than once. */
function namesOf({ names, packed, directories }: DirectoryScan): Iterable<ByteName> {
  return {
    *[Symbol.iterator]() {
      yield* packed === undefined ? names : unpackNames(packed);
      for (const { name } of directories) yield name;
    },
  };
}

const NOTHING: UploadedEntries = { pieces: [], totals: EMPTY_TOTALS, failed: [], specials: [] };

async function wantedEntries(
  context: ThreadContext,
  task: DirectoryTask,
  scan: DirectoryScan,
  withFiles: boolean,
): Promise<ReadonlyMap<ByteName, DirectoryEntry>> {
  if (task.previous.length === 0) return new Map();
  const wanted = new Set(scan.directories.map(({ name }) => name));
  if (withFiles) for (const name of scan.names) wanted.add(name);
  return await previousEntries(context, task.previous, (name) => wanted.has(name));
}

function foundDirectory(
  parent: DirHandle,
  { name, visibleName, stat }: { name: ByteName; visibleName: ByteName; stat: FileStat },
  previous: ReadonlyMap<ByteName, DirectoryEntry>,
): FoundDirectory {
  const { mode, mtimeNs, uid, gid } = stat;
  const before = previous.get(name);
  return {
    name,
    visibleName,
    attributes: { mode, size: 0, mtimeNs, uid, gid },
    extra: entryExtra(parent, name, visibleName, stat),
    previous: before?.type === 'd' ? [before.objectId] : [],
  };
}

interface Outcome {
  readonly task: DirectoryTask;
  readonly scan: DirectoryScan;
  readonly files: UploadedEntries;
  readonly isPostponed: boolean;
  readonly standIns: ReadonlyMap<ByteName, ByteName>;
  readonly found: readonly FoundDirectory[];
}

function finish(context: ThreadContext, outcome: Outcome): DirectoryReply {
  const { task, scan, files, isPostponed } = outcome;
  const totals = mergeTotals(files.totals, scanFailures(task, scan));
  const extra = extraOf(files.specials);
  return {
    kind: 'directory',
    finished: isPostponed ? undefined : finishedDirectory(context, outcome, totals, extra, task.attributes),
    directories: outcome.found,
    scope: scan.scope,
    pieces: files.pieces,
    totals,
    failed: [...scan.failed, ...files.failed],
    remaining: scan.packed ?? NO_NAMES,
    visibleNames: outcome.standIns,
    extra,
  };
}

/** Stores the directory object when nothing is left to be added and it is sure not to be cut. */
function finishedDirectory(
  context: ThreadContext,
  outcome: Outcome,
  totals: DirectoryTotals,
  extra: DirectoryExtra | undefined,
  { mtimeNs }: Attributes,
): { readonly objectId: string; readonly summary: DirectorySummary } | undefined {
  const [piece, ...others] = outcome.files.pieces;
  if (outcome.found.length > 0 || others.length > 0) return undefined;
  if (piece !== undefined && (piece.kind !== 'entries' || piece.json.length > ONE_CONTENT_BYTES))
    return undefined;
  const isEmpty = piece === undefined;
  const summary = summarize(totals, { mtimeNs });
  const object = Buffer.concat([
    directoryHead(isEmpty),
    isEmpty ? new Uint8Array(0) : piece.json,
    directoryTail(isEmpty, summary, extra),
  ]);
  const objectId = encoderOf(context).write('k', object, metadataCompressor(outcome.task.policy) ?? '');
  return { objectId, summary };
}

function scanFailures(task: DirectoryTask, { failed }: DirectoryScan): DirectoryTotals {
  const isIgnored = task.policy.errorHandling.ignoreFileErrors === true;
  return totalsOf([], isIgnored ? { failed: [], ignored: failed } : { failed, ignored: [] });
}

function extraOf(specials: UploadedEntries['specials']): DirectoryExtra | undefined {
  return specials.length === 0 ? undefined : { specials };
}
