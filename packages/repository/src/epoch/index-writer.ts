import type { BlobId, BlobMetadata, BlobStorage, PutOptions } from '../blob/storage.ts';
import type { Clock } from '../clock.ts';
import { RepositoryError } from '../errors.ts';
import type { SealedBlob } from '../sealed/sealed-blob.ts';
import { indexBlobPrefix } from './names.ts';
import type { EpochSnapshot } from './snapshot.ts';

/** What writing index blobs takes. */
export interface IndexWriteParts {
  readonly storage: Pick<BlobStorage, 'getMetadata' | 'put' | 'delete'>;
  readonly clock: Clock;
  /** A snapshot that stays valid for at least `remainingMs` more. */
  readonly snapshot: (remainingMs: number) => Promise<EpochSnapshot>;
  /** A snapshot listed after this call. */
  readonly freshSnapshot: () => Promise<EpochSnapshot>;
  readonly refreshFrequencyMs: number;
  readonly putOptions: PutOptions;
}

/** Share of a snapshot's life that must be left when writing starts. */
const MIN_REMAINING = 0.75;
/** Epochs that may begin during a write: one more, and the blob could land where a compaction has passed already. */
const TOLERATED_ADVANCES = 1;

/** Stores sealed indexes (with the IDs of `sealBlob`, without prefix) as blobs of the current epoch. Each is put under a
 *  snapshot that is still valid, all into one epoch; the epoch is looked at again afterwards, because a blob in one
 *  that has been compacted is never read. Throws INDEX_WRITE_TOO_SLOW after deleting what was written.
 *  Source: kopia internal/epoch/epoch_manager.go. */
export async function writeIndexBlobs(
  shards: readonly SealedBlob[],
  parts: IndexWriteParts,
): Promise<readonly BlobMetadata[]> {
  const written = new Map<BlobId, BlobMetadata>();
  let writtenEpoch = -1;
  for (let done = false; !done;) {
    const snapshot = await parts.snapshot(MIN_REMAINING * parts.refreshFrequencyMs);
    const { writeEpoch } = snapshot.state;
    if (writeEpoch !== writtenEpoch) {
      await deleteWritten(written, parts);
      writtenEpoch = writeEpoch;
    }
    done = await writeWhileValid(shards, snapshot, written, parts);
  }
  const { state } = await parts.freshSnapshot();
  if (state.writeEpoch > writtenEpoch + TOLERATED_ADVANCES) {
    await deleteAfterFailure(written, parts);
    throw tooSlow(writtenEpoch, state.writeEpoch);
  }
  return [...written.values()];
}

/** Puts what is not written yet; false when the snapshot expired before all were. */
async function writeWhileValid(
  shards: readonly SealedBlob[],
  { state, validUntilMs }: EpochSnapshot,
  written: Map<BlobId, BlobMetadata>,
  { storage, clock, putOptions }: IndexWriteParts,
): Promise<boolean> {
  for (const shard of shards) {
    // A prefix makes a name of a name.
    const id = `${indexBlobPrefix(state.writeEpoch)}${shard.id}` as BlobId;
    if (written.has(id)) continue;
    if (clock.nowMs() >= validUntilMs) return false;
    await storage.put(id, [shard.bytes], putOptions);
    written.set(id, await storage.getMetadata(id, signalOf(putOptions)));
  }
  return true;
}

async function deleteWritten(
  written: Map<BlobId, BlobMetadata>,
  { storage }: IndexWriteParts,
): Promise<void> {
  for (const id of written.keys()) await storage.delete(id);
  written.clear();
}

/** The write has failed whether or not this works: a blob that stays is read by nobody, or names stored packs. */
async function deleteAfterFailure(written: Map<BlobId, BlobMetadata>, parts: IndexWriteParts): Promise<void> {
  try {
    await deleteWritten(written, parts);
  } catch (error) {
    if (!(error instanceof RepositoryError)) throw error;
  }
}

function signalOf({ signal }: PutOptions): { readonly signal?: AbortSignal } {
  return signal ? { signal } : {};
}

function tooSlow(writtenEpoch: number, writeEpoch: number): RepositoryError {
  return new RepositoryError(
    'INDEX_WRITE_TOO_SLOW',
    `the index was written to epoch ${writtenEpoch}, but epoch ${writeEpoch} has begun meanwhile; flush again`,
    { writtenEpoch, writeEpoch },
  );
}
