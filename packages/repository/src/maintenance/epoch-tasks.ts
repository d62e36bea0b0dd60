import type { BlobMetadata } from '../blob/storage.ts';
import { type Compaction, decideCleanup } from '../epoch/decisions.ts';
import {
  checkpointPrefix,
  compactionPrefix,
  epochMarkerId,
  parseEpochBlobName,
  setSuffix,
} from '../epoch/names.ts';
import { loadEpochSnapshot } from '../epoch/snapshot.ts';
import type { EpochState } from '../epoch/state.ts';
import type { EpochParameters } from '../format/epoch-parameters.ts';
import { compactIndexBlobs } from './compaction.ts';
import type { MaintenanceRunParts } from './parts.ts';
import { type Deletion, deleteBlobs } from './delete-blobs.ts';
import { verifyReplacements } from './verify-replacements.ts';

/** The state of the epochs as of now. */
export async function currentEpochs({
  storage,
  clock,
  opened,
  signal,
}: MaintenanceRunParts): Promise<EpochState> {
  const refreshFrequencyMs = opened.format.epochParameters.epochRefreshFrequencyMs;
  const source = { storage, clock, refreshFrequencyMs };
  return (await loadEpochSnapshot(source, signal ? { signal } : {})).state;
}

/** Begins an epoch. */
export async function applyAdvance(
  { storage, putOptions }: Pick<MaintenanceRunParts, 'storage' | 'putOptions'>,
  epoch: number,
): Promise<void> {
  await storage.put(epochMarkerId(epoch), [Buffer.from('epoch-marker')], putOptions);
}

/** Merges the index blobs of one or several epochs. The new blobs count as soon as all are stored; what they replace is
 *  deleted by a later clean-up. */
export async function applyCompaction(
  parts: MaintenanceRunParts,
  { first, last, inputs }: Compaction,
): Promise<readonly BlobMetadata[]> {
  const set = `s${Buffer.from(parts.random(8)).toString('hex')}`;
  return await compactIndexBlobs(parts, inputs, {
    prefix: first === last ? compactionPrefix(first) : checkpointPrefix(first, last),
    suffix: (shards) => setSuffix(set, shards),
  });
}

/** Markers of past epochs, and watermarks that a later one replaces. */
export function unneededMarkers(state: EpochState, parameters: EpochParameters): readonly BlobMetadata[] {
  return decideCleanup(state, parameters).filter((blob) => !isIndex(blob));
}

/** Index blobs whose compaction everybody has had time to find. */
export function supersededIndexes(state: EpochState, parameters: EpochParameters): readonly BlobMetadata[] {
  return decideCleanup(state, parameters).filter(isIndex);
}

/** Deletes index blobs that compactions replace, after each of those has been read from the storage. Throws INDEX_CORRUPT
 *  when one can't be read; nothing is deleted then. */
export async function deleteSuperseded(
  parts: MaintenanceRunParts,
  state: EpochState,
  superseded: readonly BlobMetadata[],
): Promise<Deletion> {
  await verifyReplacements(parts, replacementsOf(superseded, state));
  return await deleteBlobs(parts, superseded);
}

/** What holds the entries of `superseded`: compactions and, since readers prefer them, checkpoints. */
function replacementsOf(
  superseded: readonly BlobMetadata[],
  { compactions, checkpoints }: EpochState,
): ReadonlySet<BlobMetadata> {
  const epochs = [...new Set(superseded.map(epochOf))];
  const covering = checkpoints.filter(({ first, last }) => epochs.some((e) => e >= first && e <= last));
  return new Set([
    ...epochs.flatMap((epoch) => compactions.get(epoch) ?? []),
    ...covering.flatMap(({ blobs }) => blobs),
  ]);
}

function isIndex(blob: BlobMetadata): boolean {
  return parseEpochBlobName(blob.id)?.kind === 'index';
}

function epochOf(blob: BlobMetadata): number {
  const name = parseEpochBlobName(blob.id);
  return name?.kind === 'index' ? name.epoch : -1;
}
