import type { BlobMetadata } from '../blob/storage.ts';
import type { EpochParameters } from '../format/epoch-parameters.ts';
import { parseEpochBlobName } from './names.ts';
import { type EpochState, firstOpenEpoch, lastSettledEpoch, readEpochs } from './state.ts';

/* What maintenance does with epochs, as decisions on a state; whoever applies them must own maintenance and act while
 * the state is valid. Source: kopia internal/epoch. */

/** Blobs to merge into one set that replaces epochs `first` to `last`. Tombstones must be kept. */
export interface Compaction {
  readonly first: number;
  readonly last: number;
  readonly inputs: readonly BlobMetadata[];
}

/** The epoch to begin, when the current one has lasted long enough and holds enough. */
export function decideAdvance(state: EpochState, parameters: EpochParameters): number | undefined {
  const blobs = state.indexes.get(state.writeEpoch) ?? [];
  const oldestMs = blobs.reduce((oldest, blob) => Math.min(oldest, blob.timestampMs), Infinity);
  const totalBytes = blobs.reduce((sum, blob) => sum + blob.length, 0);
  const holdsEnough =
    blobs.length >= parameters.epochAdvanceOnCountThreshold ||
    totalBytes >= parameters.epochAdvanceOnTotalSizeThreshold;
  const isDue = newestMs(blobs) - oldestMs >= parameters.minEpochDurationMs && holdsEnough;
  return isDue ? state.writeEpoch + 1 : undefined;
}

/** The oldest settled epoch that neither a checkpoint nor a compaction covers; undefined when there is none, or when it
 *  holds nothing. */
export function decideSingleCompaction(state: EpochState): Compaction | undefined {
  let epoch = firstOpenEpoch(state);
  while (state.compactions.has(epoch)) epoch++;
  const inputs = state.indexes.get(epoch) ?? [];
  if (epoch > lastSettledEpoch(state) || inputs.length === 0) return undefined;
  return { first: epoch, last: epoch, inputs };
}

/** All settled epochs behind the last checkpoint, when they are enough for another. */
export function decideCheckpoint(state: EpochState, parameters: EpochParameters): Compaction | undefined {
  const first = firstOpenEpoch(state);
  const last = lastSettledEpoch(state);
  if (last < 0 || last - first < parameters.fullCheckpointFrequency) return undefined;
  return { first, last, inputs: readEpochs(state, first, last) };
}

/** Blobs that nobody needs any more: index blobs whose compaction everybody has had time to find, markers of epochs
 *  long past, watermarks that a larger one replaced. */
export function decideCleanup(state: EpochState, parameters: EpochParameters): readonly BlobMetadata[] {
  const recent = [-1, 0, 1].flatMap((step) => state.indexes.get(state.writeEpoch + step) ?? []);
  if (recent.length === 0) return [];
  const cutoffMs = newestMs(recent) - parameters.cleanupSafetyMarginMs;
  return [
    ...[...state.indexes].flatMap(([epoch, blobs]) => {
      const compacted = state.compactions.get(epoch);
      return compacted !== undefined && newestMs(compacted) < cutoffMs ? blobs : [];
    }),
    ...state.markers.filter((blob) => epochOf(blob) < state.writeEpoch - 1),
    ...state.watermarks.filter((blob) => isOldWatermark(blob, state, cutoffMs)),
  ];
}

function newestMs(blobs: readonly BlobMetadata[]): number {
  return blobs.reduce((newest, blob) => Math.max(newest, blob.timestampMs), -Infinity);
}

function epochOf(marker: BlobMetadata): number {
  const name = parseEpochBlobName(marker.id);
  return name?.kind === 'marker' ? name.epoch : Infinity;
}

function isOldWatermark(blob: BlobMetadata, state: EpochState, cutoffMs: number): boolean {
  const name = parseEpochBlobName(blob.id);
  const isReplaced = name?.kind === 'watermark' && name.seconds !== state.deletionWatermarkSeconds;
  return isReplaced && blob.timestampMs < cutoffMs;
}
