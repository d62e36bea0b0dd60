import type { BlobMetadata } from '../../blob/storage.ts';
import {
  type Compaction,
  decideAdvance,
  decideCheckpoint,
  decideSingleCompaction,
} from '../../epoch/decisions.ts';
import { parseEpochBlobName } from '../../epoch/names.ts';
import type { EpochState } from '../../epoch/state.ts';
import type { EpochParameters } from '../../format/epoch-parameters.ts';
import type { GoJsonObject } from '../../format/go-json.ts';
import { deleteBlobs, lockedOf } from '../delete-blobs.ts';
import {
  applyAdvance,
  applyCompaction,
  currentEpochs,
  deleteSuperseded,
  unneededMarkers,
  supersededIndexes,
} from '../epoch-tasks.ts';
import {
  applyLegacyCleanup,
  applyLegacyCompaction,
  type LegacyCleanupPlan,
  type LegacyCompactionPlan,
  observeLegacyCleanup,
  planLegacyCompaction,
} from '../legacy-compaction.ts';
import { type MaintenanceRunParts, tallyOf } from '../parts.ts';
import { defineStep, type Step } from '../step.ts';

/** Merges the index blobs of the oldest epoch that is done. */
export const compactSingleEpoch: Step = defineStep<Compaction>({
  task: 'compact-single-epoch',
  recordsIdleRuns: true,
  plan: async ({ parts }) => decideSingleCompaction(await currentEpochs(parts)),
  describe: describeCompaction,
  apply: async ({ parts }, plan) => {
    await applyCompaction(parts, plan);
    const { count, bytes } = tallyOf(plan.inputs);
    return {
      kind: 'compactSingleEpochStats',
      data: { supersededIndexBlobCount: count, supersededIndexTotalSize: bytes, epoch: plan.first },
    };
  },
});

/** Begins a new epoch when the current one has lasted long enough. */
export const advanceEpoch: Step = defineStep<number>({
  task: 'advance-epoch',
  recordsIdleRuns: true,
  plan: async ({ parts }) => decideAdvance(await currentEpochs(parts), epochParametersOf(parts)),
  describe: (epoch) => ({ epoch }),
  apply: async ({ parts }, epoch) => {
    await applyAdvance(parts, epoch);
    return { kind: 'advanceEpochStats', data: { currentEpoch: epoch, wasAdvanced: true } };
  },
});

/** Merges many epochs into one set of index blobs. */
export const checkpointEpochs: Step = defineStep<Compaction>({
  task: 'generate-epoch-range-index',
  recordsIdleRuns: true,
  plan: async ({ parts }) => decideCheckpoint(await currentEpochs(parts), epochParametersOf(parts)),
  describe: describeCompaction,
  apply: async ({ parts }, plan) => {
    await applyCompaction(parts, plan);
    const data = { rangeMinEpoch: plan.first, rangeMaxEpoch: plan.last };
    return { kind: 'generateRangeCheckpointStats', data };
  },
});

/** Deletes markers of past epochs and watermarks that a later one replaces. */
export const cleanUpEpochMarkers: Step = defineStep<readonly BlobMetadata[]>({
  task: 'cleanup-epoch-markers',
  recordsIdleRuns: true,
  plan: async ({ parts }) =>
    unlessEmpty(unneededMarkers(await currentEpochs(parts), epochParametersOf(parts))),
  describe: describeBlobs,
  apply: async ({ parts }, blobs) => {
    const deletion = await deleteBlobs(parts, blobs);
    const watermarks = blobs.filter(({ id }) => parseEpochBlobName(id)?.kind === 'watermark').length;
    const data = {
      deletedEpochMarkerBlobCount: blobs.length - watermarks,
      deletedWatermarkBlobCount: watermarks,
    };
    return { kind: 'cleanupMarkersStats', data, ...lockedOf(deletion) };
  },
});

interface Superseded {
  readonly state: EpochState;
  readonly blobs: readonly BlobMetadata[];
}

/** Deletes index blobs that compactions have replaced for long enough. */
export const deleteSupersededIndexes: Step = defineStep<Superseded>({
  task: 'delete-superseded-epoch-indexes',
  recordsIdleRuns: true,
  plan: async ({ parts }) => {
    const state = await currentEpochs(parts);
    const blobs = unlessEmpty(supersededIndexes(state, epochParametersOf(parts)));
    return blobs && { state, blobs };
  },
  describe: ({ blobs }) => describeBlobs(blobs),
  apply: async ({ parts }, { state, blobs }) => {
    const { deleted, ...kept } = await deleteSuperseded(parts, state, blobs);
    const data = { deletedBlobCount: deleted.count, deletedTotalSize: deleted.bytes };
    return { kind: 'cleanupSupersededIndexesStats', data, ...lockedOf(kept) };
  },
});

interface LegacyPlan {
  readonly compaction: LegacyCompactionPlan | undefined;
  readonly cleanup: LegacyCleanupPlan;
}

/** Merges small index blobs where there are no epochs, and deletes those merged a while ago. */
export const compactLegacyIndexes: Step = defineStep<LegacyPlan>({
  task: 'index-compaction',
  recordsIdleRuns: true,
  plan: async ({ parts, safety }) => {
    const { blobs } = await parts.indexBlobs.activeBlobs();
    return {
      compaction: planLegacyCompaction(blobs, parts.contentFormat.maxPackSize),
      cleanup: await observeLegacyCleanup(parts, safety.indexSettleMs),
    };
  },
  describe: ({ compaction, cleanup }) => ({
    merge: { ...tallyOf(compaction?.inputs ?? []) },
    deleteIndexBlobs: cleanup.indexBlobs.length,
    deleteLogs: cleanup.deleteLogs.length,
  }),
  apply: async ({ parts }, { compaction, cleanup }) => {
    await applyLegacyCleanup(parts, cleanup);
    if (compaction === undefined) return undefined;
    await applyLegacyCompaction(parts, compaction);
    await parts.refreshIndex();
    return { kind: 'compactIndexesStats', data: {} };
  },
});

function epochParametersOf({ opened }: MaintenanceRunParts): EpochParameters {
  return opened.format.epochParameters;
}

function describeCompaction({ first, last, inputs }: Compaction): GoJsonObject {
  return { first, last, merge: { ...tallyOf(inputs) } };
}

function describeBlobs(blobs: readonly BlobMetadata[]): GoJsonObject {
  return { delete: { ...tallyOf(blobs) } };
}

function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
