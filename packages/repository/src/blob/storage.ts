/** A blob's name: no slash, unique in its storage. */
export type BlobId = string & { readonly __brand: 'BlobId' };

/** What a listing knows about a blob. */
export interface BlobMetadata {
  readonly id: BlobId;
  /** Bytes. */
  readonly length: number;
  /** Given by the storage, milliseconds since the Unix epoch. */
  readonly timestampMs: number;
}

/** Part of a blob. Without `length`: to its end. */
export interface BlobRange {
  readonly offset: number;
  readonly length?: number;
}

/** Options every call takes. An abort rejects with the signal's own reason. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** Options of `get`. */
export interface GetOptions extends CallOptions {
  /** Where to put the bytes: memory of the range's length, which may be shared between threads. The result is this array
   *  then. What is in it after a failure is of no use. */
  readonly into?: Uint8Array;
}

/** How a blob is kept from deletion (object lock). */
export interface Retention {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly periodMs: number;
}

/** Options of `put`. */
export interface PutOptions extends CallOptions {
  readonly retention?: Retention;
}

/** Reading side of a storage. Safe for concurrent use. */
export interface BlobReader {
  /** For messages: kind and place, without secrets. */
  readonly description: string;
  /** The blob's bytes, or those of `range`: exactly that many, never fewer.
   *  Throws BLOB_NOT_FOUND, or BLOB_RANGE_INVALID when the range reaches past the end. The caller owns the result. No call writes to
   *  `into` after it has settled. */
  get(id: BlobId, range?: BlobRange, options?: GetOptions): Promise<Uint8Array>;
  /** Throws BLOB_NOT_FOUND. */
  getMetadata(id: BlobId, options?: CallOptions): Promise<BlobMetadata>;
  /** Every blob whose name starts with `prefix`, in any order. A blob put before the call is in it. */
  list(prefix: string, options?: CallOptions): AsyncIterable<BlobMetadata>;
}

/** A whole storage. */
export interface BlobStorage extends BlobReader {
  /** Creates or atomically replaces a blob; when it resolves, the blob survives a crash of the machine.
   *  `parts` are written one after the other, are only read, and may be in shared memory. A failed or aborted put leaves
   *  either the whole blob or what was there before. Throws STORAGE_FULL, STORAGE_DENIED, STORAGE_FAILED;
   *  STORAGE_UNSUPPORTED when retention is asked of a storage without it. */
  put(id: BlobId, parts: readonly Uint8Array[], options?: PutOptions): Promise<void>;
  /** Removes a blob; a missing one is not an error. Throws BLOB_LOCKED when object lock keeps it; where the storage keeps
   *  versions, it is hidden instead. */
  delete(id: BlobId, options?: CallOptions): Promise<void>;
  /** Frees connections. Idempotent. */
  close(): Promise<void>;
}

/** Optional power: blobs are local files, which worker threads read by themselves. */
export interface LocalBlobFiles {
  /** Path of the file that holds `id`, whether or not it exists. */
  localPath(id: BlobId): string;
}

/** Optional power: sees what lies below the storage's prefix and is no blob, as its name has a slash. */
export interface ForeignFinder {
  /** The rest of such a name, or undefined. One request: it looks at the first thousand names only. */
  findForeign(options?: CallOptions): Promise<string | undefined>;
}

/** Optional power: what a deletion only hides can be deleted for good. */
export interface VersionEraser {
  /** Deletes every version of a blob, newest first. Throws BLOB_LOCKED or STORAGE_DENIED at one that object lock keeps. */
  eraseVersions(id: BlobId, options?: CallOptions): Promise<void>;
}

/** Optional power: object lock can be extended. */
export interface RetentionExtender {
  extendRetention(id: BlobId, retention: Retention, options?: CallOptions): Promise<void>;
}
