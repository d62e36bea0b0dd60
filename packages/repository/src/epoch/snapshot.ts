import type { BlobMetadata, BlobReader, CallOptions } from '../blob/storage.ts';
import type { Clock } from '../clock.ts';
import { RepositoryError } from '../errors.ts';
import { EPOCH_PREFIX } from './names.ts';
import { type EpochState, epochStateOf } from './state.ts';

/** A state and how long a client may act on it. */
export interface EpochSnapshot {
  readonly state: EpochState;
  /** Milliseconds since the Unix epoch. */
  readonly validUntilMs: number;
}

/** What loading a snapshot takes. */
export interface SnapshotSource {
  readonly storage: Pick<BlobReader, 'list'>;
  readonly clock: Clock;
  /** How long a state counts, from before its listing began. */
  readonly refreshFrequencyMs: number;
}

const MAX_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 100;

/** Lists the epoch blobs once and reads the state from them. Does so again when that took so long that the state is
 *  outdated already; throws STORAGE_FAILED when it always does, or what the storage throws. */
export async function loadEpochSnapshot(
  source: SnapshotSource,
  options: CallOptions = {},
): Promise<EpochSnapshot> {
  const { storage, clock, refreshFrequencyMs } = source;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const validUntilMs = clock.nowMs() + refreshFrequencyMs;
    const blobs: BlobMetadata[] = await Array.fromAsync(storage.list(EPOCH_PREFIX, options));
    if (clock.nowMs() <= validUntilMs) return { state: epochStateOf(blobs), validUntilMs };
    await clock.sleep(FIRST_PAUSE_MS * attempt, options.signal);
  }
  throw new RepositoryError(
    'STORAGE_FAILED',
    `listing the index blobs takes longer than ${refreshFrequencyMs / 1000} s, for which the result would count`,
    { refreshFrequencyMs, attempts: MAX_ATTEMPTS },
  );
}
