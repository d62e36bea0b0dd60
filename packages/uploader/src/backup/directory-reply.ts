import { metadataCompressor } from '../policy/compression.ts';
import { directoryHead, directoryTail } from '../snapshot/directory.ts';
import { encodeEntry } from '../snapshot/entry.ts';
import type { ByteName } from '../snapshot/names.ts';
import type { DirectoryExtra } from '../snapshot/specials.ts';
import { type DirectoryTotals, mergeTotals, summarize, totalsOf } from '../snapshot/totals.ts';
import { encoderOf, type ThreadContext } from '../threads/thread-context.ts';
import type { DirectoryScan } from './directory-scan.ts';
import type { UploadedEntries } from './entries-upload.ts';
import { directoryEntry, inOrderOfVisibleNames } from './found-directories.ts';
import { nothingRemains, withStandIns } from './remaining-names.ts';
import type { DirectoryReply, DirectoryTask, FinishedDirectory, FoundDirectory } from './tasks.ts';

/** A directory object up to this size is always one content, whatever the splitter. */
const ONE_CONTENT_BYTES = 64 << 10;

/** What was done of a directory. */
export interface Outcome {
  readonly task: DirectoryTask;
  readonly scan: DirectoryScan;
  readonly files: UploadedEntries;
  readonly standIns: ReadonlyMap<ByteName, ByteName>;
  readonly found: readonly FoundDirectory[];
}

/** The answer to a task, with the directory stored when that can be done here. */
export function directoryReply(context: ThreadContext, outcome: Outcome): DirectoryReply {
  const { task, scan, files, standIns, found } = outcome;
  const open = {
    kind: 'directory',
    finished: undefined,
    directories: found,
    scope: scan.scope,
    pieces: files.pieces,
    totals: mergeTotals(files.totals, scanFailures(task, scan)),
    failed: [...scan.failed, ...files.failed],
    changed: files.changed,
    records: files.record ?? NO_RECORDS,
    remaining: scan.packed === undefined ? nothingRemains() : withStandIns(scan.packed, standIns),
    extra: directoryExtra(files.specials),
  } as const;
  const finished = scan.packed === undefined ? finishedDirectory(context, task, open) : undefined;
  if (finished === undefined) return open;
  const failed = [...open.failed, ...found.flatMap(({ reply }) => reply?.failed ?? [])];
  const changed = [...open.changed, ...found.flatMap(({ reply }) => reply?.changed ?? [])];
  const records = [open.records, ...found.flatMap(({ reply }) => reply?.records ?? [])];
  return {
    ...open,
    finished,
    directories: [],
    pieces: [],
    failed,
    changed,
    records: inOwnMemory(Buffer.concat(records)),
  };
}

const NO_RECORDS = new Uint8Array();

/** A message would take the whole of Node's pool along with a part of it. */
function inOwnMemory(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** What of special files goes to the end of a directory object. */
export function directoryExtra(specials: UploadedEntries['specials']): DirectoryExtra | undefined {
  return specials.length === 0 ? undefined : { specials };
}

/** Stores the directory object when nothing is left to be added and it is sure not to be cut. */
function finishedDirectory(
  context: ThreadContext,
  { policy, attributes: { mtimeNs } }: DirectoryTask,
  { directories, pieces, totals, extra }: DirectoryReply,
): FinishedDirectory | undefined {
  const [files, ...others] = pieces;
  const entries = inOrderOfVisibleNames(directories).flatMap((found) =>
    found.reply?.finished === undefined ? [] : directoryEntry(found, found.reply.finished),
  );
  if (entries.length < directories.length || others.length > 0) return undefined;
  if (files !== undefined && files.kind !== 'entries') return undefined;
  const lists = entries.length === 0 ? [] : [Buffer.from(entries.map(encodeEntry).join(','), 'latin1')];
  if (files !== undefined) lists.push(Buffer.from(files.json));
  const isEmpty = lists.length === 0;
  const summary = summarize(mergeTotals(totals, totalsOf(entries)), { mtimeNs });
  const object = Buffer.concat([
    directoryHead(isEmpty),
    ...lists.flatMap((list, i) => (i === 0 ? [list] : [COMMA, list])),
    directoryTail(isEmpty, summary, extra),
  ]);
  if (object.length > ONE_CONTENT_BYTES) return undefined;
  return { objectId: encoderOf(context).write('k', object, metadataCompressor(policy) ?? ''), summary };
}

const COMMA = Buffer.from(',');

function scanFailures(task: DirectoryTask, { failed }: DirectoryScan): DirectoryTotals {
  const isIgnored = task.policy.errorHandling.ignoreFileErrors === true;
  return totalsOf([], isIgnored ? { failed: [], ignored: failed } : { failed, ignored: [] });
}
