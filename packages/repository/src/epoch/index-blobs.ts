import type { BlobMetadata, BlobStorage, CallOptions, PutOptions } from '../blob/storage.ts';
import type { Clock } from '../clock.ts';
import type { EpochParameters } from '../format/epoch-parameters.ts';
import type { SealingCrypto } from '../sealed/sealed-blob.ts';

/** The index blobs that count. */
export interface ActiveIndexBlobs {
  readonly blobs: readonly BlobMetadata[];
  /** Entries deleted at this time or before do not exist: their packs may be gone. */
  readonly deletionWatermarkSeconds: number;
}

/** Knows which index blobs count. */
export interface IndexReader {
  /** Lists anew at each call. A blob that is gone when it is fetched has been replaced: call again. */
  activeBlobs(options?: CallOptions): Promise<ActiveIndexBlobs>;
}

/** Adds index blobs. */
export interface IndexWriter {
  /** Seals and stores plain indexes. When this resolves every client finds them; all packs they name must be stored
   *  before. Throws INDEX_WRITE_TOO_SLOW when they came too late to be found: what was written is removed then. */
  write(
    plainIndexes: readonly Uint8Array[],
    sessionId: string,
    options?: CallOptions,
  ): Promise<readonly BlobMetadata[]>;
}

/** The index blobs of a repository. Safe for concurrent use. */
export interface IndexBlobs extends IndexReader, IndexWriter {}

/** What access to index blobs takes. */
export interface IndexBlobsParts {
  readonly storage: Pick<BlobStorage, 'list' | 'get' | 'getMetadata' | 'put' | 'delete'>;
  readonly crypto: SealingCrypto;
  readonly clock: Clock;
  readonly epochParameters: EpochParameters;
  /** For every index blob stored. */
  readonly putOptions?: PutOptions;
}
