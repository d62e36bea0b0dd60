import { parseBlobId } from '../blob/blob-id.ts';
import type { BlobId, BlobMetadata } from '../blob/storage.ts';
import { repositoryErrorCode } from '../errors.ts';
import { compactIndexBlobs } from './compaction.ts';
import { deleteUnlessLocked } from './delete-blobs.ts';
import {
  type LegacyCompactionLog,
  type LegacyLog,
  loadCleanupLogs,
  loadCompactionLogs,
  writeCleanupLog,
  writeCompactionLog,
} from './legacy-logs.ts';
import type { MaintenanceRunParts } from './parts.ts';
import { damaged, verifyReplacements } from './verify-replacements.ts';

/* Compaction of indexes in repositories without epochs. Source: kopia repo/content/indexblob/index_blob_manager_v0.go. */

/** Index blobs to merge into one. */
export interface LegacyCompactionPlan {
  readonly inputs: readonly BlobMetadata[];
  /** Leaves out contents deleted at this time or before; undefined to keep all. */
  readonly dropDeletedSeconds: number | undefined;
}

const MAX_SMALL_BLOBS = 8;
const VERY_SMALL_FRACTION = 20;
/** Of each index, so that merging the same entries again makes another blob. */
const RANDOM_BYTES = 32;

/** Which index blobs to merge: the very small ones when they are the majority and few others are there, else all that are
 *  not large already. Undefined when there are too few to bother. */
export function planLegacyCompaction(
  active: readonly BlobMetadata[],
  maxPackSize: number,
): LegacyCompactionPlan | undefined {
  const small = active.filter((blob) => blob.length <= maxPackSize);
  if (small.length < MAX_SMALL_BLOBS) return undefined;
  const verySmall = small.filter((blob) => blob.length < maxPackSize / VERY_SMALL_FRACTION);
  const mediumCount = small.length - verySmall.length;
  const onlyVerySmall = verySmall.length > small.length / 2 && mediumCount + 1 < MAX_SMALL_BLOBS;
  return { inputs: onlyVerySmall ? verySmall : small, dropDeletedSeconds: undefined };
}

/** Merges everything and leaves out what was deleted before `safeDropMs`. */
export function planLegacyDrop(active: readonly BlobMetadata[], safeDropMs: number): LegacyCompactionPlan {
  return { inputs: active, dropDeletedSeconds: Math.ceil(safeDropMs / 1000) - 1 };
}

/** Stores the merged index, then the log that makes it replace its inputs. The index view sees it after a refresh. */
export async function applyLegacyCompaction(
  parts: MaintenanceRunParts,
  { inputs, dropDeletedSeconds }: LegacyCompactionPlan,
): Promise<readonly BlobMetadata[]> {
  const outputs = await compactIndexBlobs(parts, inputs, {
    prefix: 'n',
    suffix: () => '',
    randomBytes: RANDOM_BYTES,
    ...(dropDeletedSeconds !== undefined && { dropDeletedSeconds }),
  });
  // A log without outputs would make everything disappear at once; there is always a manifest, so this can't be right.
  if (outputs.length > 0) await writeCompactionLog(parts, inputs, outputs);
  return outputs;
}

/** What of old compactions can go now. */
export interface LegacyCleanupPlan {
  /** Replaced index blobs, in the order in which they were replaced: they must go in that order, and before the logs that
   *  say so, or one would count again. */
  readonly indexBlobs: readonly BlobId[];
  /** What those were merged into in the end: must be readable before they go. */
  readonly replacements: readonly string[];
  /** Compaction logs whose inputs are gone with this, to be deleted later. */
  readonly scheduleLogs: readonly BlobId[];
  /** Logs that were scheduled long enough ago. */
  readonly deleteLogs: readonly BlobId[];
  /** The storage's time. */
  readonly latestMs: number;
}

/** Decides by the storage's time: `latestMs` is that of the newest blob. `present` are the names of all index blobs. */
export function planLegacyCleanup(
  logs: { readonly compaction: readonly LegacyCompactionLog[]; readonly cleanup: readonly LegacyLog[] },
  present: ReadonlySet<string>,
  times: { readonly latestMs: number; readonly settleMs: number },
): LegacyCleanupPlan {
  const isSettled = ({ sinceMs }: LegacyLog): boolean => times.latestMs - sinceMs >= times.settleMs;
  const settled = logs.compaction.filter(isSettled).toSorted((a, b) => a.sinceMs - b.sinceMs);
  const scheduled = new Set(logs.cleanup.flatMap(({ names }) => names));
  const due = logs.cleanup.filter(isSettled);
  const indexBlobs = presentIds(settled, present);
  return {
    indexBlobs,
    replacements: [...replacementsOf(indexBlobs, logs.compaction)],
    scheduleLogs: settled.map(({ id }) => id).filter((id) => !scheduled.has(id)),
    deleteLogs: [
      ...presentIds(due, new Set(logs.compaction.map(({ id }) => id))),
      ...due.map(({ id }) => id),
    ],
    latestMs: times.latestMs,
  };
}

/** Observes the logs and decides about them. */
export async function observeLegacyCleanup(
  parts: MaintenanceRunParts,
  settleMs: number,
): Promise<LegacyCleanupPlan> {
  const call = parts.signal ? { signal: parts.signal } : {};
  const indexBlobs = await Array.fromAsync(parts.storage.list('n', call));
  const compaction = await loadCompactionLogs(parts);
  const cleanup = await loadCleanupLogs(parts);
  const times = [...indexBlobs.map((blob) => blob.timestampMs), ...compaction.map((log) => log.sinceMs)];
  const latestMs = times.reduce((latest, time) => Math.max(latest, time), 0);
  const present = new Set<string>(indexBlobs.map(({ id }) => id));
  return planLegacyCleanup({ compaction, cleanup }, present, { latestMs, settleMs });
}

/** Deletes replaced index blobs, then their logs, when what replaces them has been read from the storage. At an index blob that
 *  is still locked it ends: what follows in that order has to wait for it, and so have the logs. Interrupted anywhere it leaves
 *  what the next run goes on with. Throws INDEX_CORRUPT before anything is deleted. */
export async function applyLegacyCleanup(
  parts: MaintenanceRunParts,
  { indexBlobs, replacements, scheduleLogs, deleteLogs, latestMs }: LegacyCleanupPlan,
): Promise<void> {
  await verifyReplacements(parts, await metadataOf(parts, replacements));
  for (const id of indexBlobs) if (!(await deleteUnlessLocked(parts.storage, id, {}))) return;
  if (scheduleLogs.length > 0) await writeCleanupLog(parts, scheduleLogs, latestMs);
  for (const id of deleteLogs) await deleteUnlessLocked(parts.storage, id, {});
}

/** Follows compactions from `replaced` to blobs that no compaction replaces. */
function replacementsOf(
  replaced: readonly string[],
  logs: readonly LegacyCompactionLog[],
): ReadonlySet<string> {
  const mergedInto = new Map(logs.flatMap(({ names, outputs }) => names.map((name) => [name, outputs])));
  const found = new Set<string>();
  const seen = new Set(replaced);
  // A set that grows while it is walked: what is added to it has its turn.
  for (const blob of seen) {
    const outputs = mergedInto.get(blob);
    if (outputs === undefined) found.add(blob);
    for (const output of outputs ?? []) seen.add(output);
  }
  return found;
}

async function metadataOf(
  { storage, signal }: MaintenanceRunParts,
  names: readonly string[],
): Promise<readonly BlobMetadata[]> {
  const call = signal ? { signal } : {};
  return await Promise.all(
    names.map(async (name) => {
      try {
        return await storage.getMetadata(parseBlobId(name), call);
      } catch (error) {
        throw repositoryErrorCode(error) === 'BLOB_NOT_FOUND' ? damaged(name) : error;
      }
    }),
  );
}

function presentIds(logs: readonly LegacyLog[], present: ReadonlySet<string>): BlobId[] {
  const ids = new Set(logs.flatMap(({ names }) => names).filter((name) => present.has(name)));
  // Names of blobs that were listed.
  return [...ids].map((name) => name as BlobId);
}
