import { type BlobGcPlan, planBlobGc } from '../blob-gc.ts';
import { unindexedAdvice } from '../breaker.ts';
import { deleteBlobs, lockedOf } from '../delete-blobs.ts';
import { applyExtendLocks, type ExtendLocksPlan, planExtendLocks } from '../extend-locks.ts';
import { LOG_BLOB_PREFIX, type LogCleanupPlan, planLogCleanup } from '../log-cleanup.ts';
import { type Tally, tallyOf } from '../parts.ts';
import { defineStep, type RunContext, type Step } from '../step.ts';
import type { MaintenanceTask } from '../tasks.ts';
import { mayDeleteBlobs } from '../timing.ts';

/** Deletes packs and session markers that nothing refers to. */
export const deleteOrphanedBlobs: Step = deleteStep('full-delete-blobs', ['p', 'q', 's']);

/** Deletes metadata packs that nothing refers to. */
export const deleteOrphanedMetadataPacks: Step = deleteStep('quick-delete-blobs', ['q']);

function deleteStep(task: MaintenanceTask, prefixes: readonly ('p' | 'q' | 's')[]): Step {
  return defineStep<BlobGcPlan>({
    task,
    recordsIdleRuns: true,
    skip: async ({ parts, schedule, safety }) =>
      mayDeleteBlobs(await schedule.current(), safety, parts.clock.nowMs())
        ? undefined
        : 'other clients have yet to learn where rewritten contents are',
    plan: async ({ parts, ...options }) => await planBlobGc(parts, prefixes, options),
    describe: ({ packs, markers, kept, referencedPacks, unindexed }) => ({
      delete: { ...tallyOf([...packs, ...markers]) },
      kept: { ...kept },
      referencedPacks,
      unindexed: { ...unindexed, packs: { ...unindexed.packs } },
    }),
    warning: ({ unindexed }) =>
      unindexed.isTripped ? unindexedAdvice(unindexed, unindexed.packs.count) : undefined,
    apply: async ({ parts }, plan) => {
      const packs = await deleteBlobs(parts, plan.packs);
      // After its packs: while a marker is there, they are those of a session that may still be at work.
      const markers = await deleteBlobs(parts, packs.locked.count === 0 ? plan.markers : []);
      const deletion = {
        deleted: sum(packs.deleted, markers.deleted),
        locked: sum(packs.locked, markers.locked),
      };
      const [{ deleted }, unreferenced] = [deletion, tallyOf([...plan.packs, ...plan.markers])];
      return {
        kind: 'deleteUnreferencedPacksStats',
        data: {
          unreferencedPackCount: unreferenced.count,
          unreferencedTotalSize: unreferenced.bytes,
          deletedPackCount: deleted.count,
          deletedTotalSize: deleted.bytes,
          retainedPackCount: plan.kept.count,
          retainedTotalSize: plan.kept.bytes,
        },
        ...lockedOf(deletion),
      };
    },
  });
}

function sum(a: Tally, b: Tally): Tally {
  return { count: a.count + b.count, bytes: a.bytes + b.bytes };
}

/** Lets object locks last for another period. */
export const extendObjectLocks: Step = defineStep<ExtendLocksPlan>({
  task: 'extend-blob-retention-time',
  recordsIdleRuns: true,
  skip: ({ parameters }: RunContext) =>
    parameters.extendObjectLocks ? undefined : 'extending object locks is turned off',
  plan: async ({ parts }) => await planExtendLocks(parts),
  describe: ({ blobs, retention }) => ({ blobs: blobs.length, periodMs: retention.periodMs }),
  apply: async ({ parts }, plan) => {
    await applyExtendLocks(parts, plan);
    return {
      kind: 'extendBlobRetentionStats',
      data: {
        toExtendBlobCount: plan.blobs.length,
        extendedBlobCount: plan.blobs.length,
        retentionPeriod: `${plan.retention.periodMs / 1000}s`,
      },
    };
  },
});

/** Deletes kopia's old logs. */
export const cleanUpLogs: Step = defineStep<LogCleanupPlan>({
  task: 'cleanup-logs',
  recordsIdleRuns: true,
  plan: async ({ parts, parameters }) => {
    const call = parts.signal ? { signal: parts.signal } : {};
    const logs = await Array.fromAsync(parts.storage.list(LOG_BLOB_PREFIX, call));
    return planLogCleanup(logs, parameters.logRetention, parts.clock.nowMs());
  },
  describe: (plan) => ({ delete: { ...tallyOf(plan.delete) }, kept: { ...plan.kept } }),
  apply: async ({ parts }, plan) => {
    const deletion = await deleteBlobs(parts, plan.delete);
    const [{ deleted }, all] = [deletion, tallyOf(plan.delete)];
    return {
      kind: 'cleanupLogsStats',
      data: {
        toDeleteBlobCount: all.count,
        toDeleteBlobSize: all.bytes,
        deletedBlobCount: deleted.count,
        deletedBlobSize: deleted.bytes,
        retainedBlobCount: plan.kept.count,
        retainedBlobSize: plan.kept.bytes,
      },
      ...lockedOf(deletion),
    };
  },
});
