import type { BlobMetadata, CallOptions } from '../blob/storage.ts';
import { sealBlob } from '../sealed/sealed-blob.ts';
import type { ActiveIndexBlobs, IndexBlobs, IndexBlobsParts } from './index-blobs.ts';
import { writeIndexBlobs } from './index-writer.ts';
import { setSuffix } from './names.ts';
import { type EpochSnapshot, loadEpochSnapshot } from './snapshot.ts';
import { readSet } from './state.ts';

/** Index blobs of a repository with epochs. */
export class EpochIndexBlobs implements IndexBlobs {
  readonly #parts: IndexBlobsParts;
  #snapshot: EpochSnapshot | undefined;

  constructor(parts: IndexBlobsParts) {
    this.#parts = parts;
  }

  async activeBlobs(options: CallOptions = {}): Promise<ActiveIndexBlobs> {
    const { state } = await this.freshSnapshot(options);
    return { blobs: readSet(state), deletionWatermarkSeconds: state.deletionWatermarkSeconds };
  }

  async write(
    plainIndexes: readonly Uint8Array[],
    sessionId: string,
    options: CallOptions = {},
  ): Promise<readonly BlobMetadata[]> {
    const { storage, crypto, clock } = this.#parts;
    const suffix = setSuffix(sessionId, plainIndexes.length);
    return await writeIndexBlobs(
      plainIndexes.map((plain) => sealBlob('', plain, suffix, crypto)),
      {
        storage,
        clock,
        snapshot: (remainingMs) => this.#validFor(remainingMs, options),
        freshSnapshot: () => this.freshSnapshot(options),
        refreshFrequencyMs: this.#refreshFrequencyMs,
        putOptions: { ...this.#parts.putOptions, ...options },
      },
    );
  }

  /** The state as of now, for maintenance to decide on. */
  async freshSnapshot(options: CallOptions = {}): Promise<EpochSnapshot> {
    const { storage, clock } = this.#parts;
    const refreshFrequencyMs = this.#refreshFrequencyMs;
    this.#snapshot = await loadEpochSnapshot({ storage, clock, refreshFrequencyMs }, options);
    return this.#snapshot;
  }

  get #refreshFrequencyMs(): number {
    return this.#parts.epochParameters.epochRefreshFrequencyMs;
  }

  async #validFor(remainingMs: number, options: CallOptions): Promise<EpochSnapshot> {
    const known = this.#snapshot;
    if (known && this.#parts.clock.nowMs() + remainingMs <= known.validUntilMs) return known;
    return await this.freshSnapshot(options);
  }
}
