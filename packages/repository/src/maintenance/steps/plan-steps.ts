import type { Step } from '../step.ts';
import type { MaintenanceMode } from '../tasks.ts';
import { collectContents } from './collect-contents.ts';
import {
  cleanUpLogs,
  deleteOrphanedBlobs,
  deleteOrphanedMetadataPacks,
  extendObjectLocks,
} from './delete-blobs.ts';
import { dropDeletedContents } from './drop-deleted.ts';
import { rewriteShortMetadataPacks, rewriteShortPacks } from './rewrite-packs.ts';
import {
  advanceEpoch,
  checkpointEpochs,
  cleanUpEpochMarkers,
  compactLegacyIndexes,
  compactSingleEpoch,
  deleteSupersededIndexes,
} from './tend-indexes.ts';

/** The steps of a run, in kopia's order. Where there are no epochs, a full run tends the indexes too. */
export function stepsOf(
  mode: MaintenanceMode,
  facts: { readonly hasEpochs: boolean; readonly wasLastRewriteFull: boolean },
): readonly Step[] {
  if (mode === 'full')
    return [
      collectContents,
      rewriteShortPacks,
      dropDeletedContents,
      deleteOrphanedBlobs,
      extendObjectLocks,
      ...(facts.hasEpochs
        ? [compactSingleEpoch, advanceEpoch, checkpointEpochs, cleanUpEpochMarkers, deleteSupersededIndexes]
        : [compactLegacyIndexes]),
      cleanUpLogs,
    ];
  if (facts.hasEpochs) return [compactSingleEpoch, advanceEpoch];
  // What a full rewrite has left behind holds data too.
  const deleteOrphans = facts.wasLastRewriteFull ? deleteOrphanedBlobs : deleteOrphanedMetadataPacks;
  return [rewriteShortMetadataPacks, deleteOrphans, compactLegacyIndexes, cleanUpLogs];
}
