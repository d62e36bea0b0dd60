import path from 'node:path';

import { parseBlobId } from '../blob/blob-id.ts';
import type { BlobId } from '../blob/storage.ts';
import { RepositoryError } from '../errors.ts';
import { IndexFileWriter } from '../index/merge.ts';
import { forEachConcurrently } from '../maintenance/concurrently.ts';
import type { MaintenanceParts } from '../maintenance/parts.ts';
import { writeIndexFile } from '../maintenance/tombstones.ts';
import { WorkDirectory } from '../maintenance/work-directory.ts';
import { recoverPackEntries } from '../pack/local-index.ts';
import { PackTable } from '../verify/pack-table.ts';
import { missingEntries } from './missing-entries.ts';
import { RecoveredEntries } from './recovered-entries.ts';

/** Which packs to recover from. */
export interface IndexRecoveryOptions {
  /** Names of packs; all that start with one of `prefixes` when empty. */
  readonly packs: readonly string[];
  readonly prefixes: readonly string[];
  /** Packs that are read at a time. */
  readonly parallel: number;
  /** Goes on past packs without a readable list of their contents. */
  readonly ignoreErrors: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (packs: { readonly read: number; readonly total: number }) => void;
}

/** What a recovery would add to the index. */
export interface IndexRecoveryPlan extends Disposable {
  readonly packsRead: number;
  /** Packs with contents that the index lacks. */
  readonly packs: number;
  /** Index entries to add. */
  readonly entries: number;
  /** How many of them mark contents as deleted. */
  readonly tombstones: number;
  /** Whether every pack in storage was read: only then is there nothing more in a damaged index blob. */
  readonly isComplete: boolean;
  /** Packs that could not be read, with the reason. */
  readonly unreadable: readonly { readonly pack: string; readonly error: string }[];
  /** The entries as an index file, with the plan's life. */
  readonly file: string;
}

/** Reads from the ends of packs what they hold and compares that with the index; changes nothing in the repository.
 *  Entries are sorted on disk. Throws PACK_CORRUPT unless `ignoreErrors`, and what the storage throws. */
export async function planIndexRecovery(
  parts: MaintenanceParts,
  options: IndexRecoveryOptions,
): Promise<IndexRecoveryPlan> {
  const work = new WorkDirectory(parts.cacheDirectory);
  try {
    const table = new PackTable();
    const { chosen, isAll } = await listPacks(parts, options, table);
    using found = new RecoveredEntries(work.path);
    const unreadable = await readPacks(parts, options, chosen, found);
    const file = path.join(work.path, 'recovered.sndx');
    const counts = writeMissing(parts, found, table, file);
    const dispose = (): void => work[Symbol.dispose]();
    const isComplete = isAll && unreadable.length === 0;
    return { packsRead: chosen.length, ...counts, isComplete, unreadable, file, [Symbol.dispose]: dispose };
  } catch (error) {
    work[Symbol.dispose]();
    throw error;
  }
}

/** Stores the entries of a plan as index blobs of the current epoch and reads them back; only then, and when every pack was
 *  read, removes `damaged` index blobs: what is left of one may be all that tells which packs to read. Returns how many were
 *  removed. Safe beside writers; maintenance should not run meanwhile. */
export async function applyIndexRecovery(
  parts: MaintenanceParts,
  { file, entries, isComplete }: IndexRecoveryPlan,
  damaged: readonly string[],
  signal?: AbortSignal,
): Promise<number> {
  if (entries > 0) await writeIndexFile({ ...parts, workDirectory: path.dirname(file), signal }, file);
  if (!isComplete) return 0;
  for (const blob of damaged) await parts.storage.delete(parseBlobId(blob));
  return damaged.length;
}

/** Notes every pack in `table`; returns those to read, and whether these are all. */
async function listPacks(
  { storage }: MaintenanceParts,
  { packs, prefixes, signal }: IndexRecoveryOptions,
  table: PackTable,
): Promise<{ readonly chosen: readonly BlobId[]; readonly isAll: boolean }> {
  const chosen: BlobId[] = [];
  let total = 0;
  for (const kind of ['p', 'q'])
    for await (const { id, length } of storage.list(kind, signal ? { signal } : {})) {
      table.add(id, length);
      total++;
      if (packs.length === 0 && prefixes.some((prefix) => id.startsWith(prefix))) chosen.push(id);
    }
  if (packs.length > 0) return { chosen: packs.map(parseBlobId), isAll: false };
  return { chosen, isAll: chosen.length === total };
}

async function readPacks(
  { storage, crypto }: MaintenanceParts,
  options: IndexRecoveryOptions,
  packs: readonly BlobId[],
  found: RecoveredEntries,
): Promise<IndexRecoveryPlan['unreadable']> {
  const { parallel, ignoreErrors, signal, onProgress } = options;
  const unreadable: { pack: string; error: string }[] = [];
  let read = 0;
  await forEachConcurrently(packs, parallel, async (pack) => {
    signal?.throwIfAborted();
    try {
      found.add(await recoverPackEntries(storage, pack, crypto, signal ? { signal } : {}));
    } catch (error) {
      if (!ignoreErrors || !(error instanceof RepositoryError) || !UNREADABLE.has(error.code)) throw error;
      unreadable.push({ pack, error: error.message });
    }
    onProgress?.({ read: ++read, total: packs.length });
  });
  return unreadable;
}

const UNREADABLE: ReadonlySet<string> = new Set(['PACK_CORRUPT', 'BLOB_NOT_FOUND', 'BLOB_RANGE_INVALID']);

function writeMissing(
  { indexView }: MaintenanceParts,
  found: RecoveredEntries,
  table: PackTable,
  file: string,
): Pick<IndexRecoveryPlan, 'entries' | 'tombstones' | 'packs'> {
  const counts = { entries: 0, tombstones: 0, packs: 0 };
  const writer = new IndexFileWriter(file);
  try {
    const { deletionWatermarkSeconds } = indexView;
    const facts = { deletionWatermarkSeconds, hasPack: (pack: string) => table.has(pack) };
    for (const { key, fields } of missingEntries(found.cursor(), indexView.cursor(), facts)) {
      writer.append(key, fields);
      counts.entries++;
      if (fields.deleted) counts.tombstones++;
      else if (table.noteOnce(fields.packBlobId)) counts.packs++;
    }
    writer.finish();
    return counts;
  } catch (error) {
    writer.abandon();
    throw error;
  }
}
