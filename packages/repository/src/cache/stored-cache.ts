/** Where the stored bytes of a content lie: what an index entry says. */
export interface StoredPlace {
  /** Prefix character or 0, then the hash. */
  readonly key: Uint8Array;
  readonly packBlobId: string;
  readonly packOffset: number;
  readonly packedLength: number;
}

/** The cache for whoever fetches from packs in a way of its own, such as ranges that span several contents: ask `get`
 *  before a range is planned, `put` each content that came with it. Safe for concurrent use; never fails but for the
 *  storage's errors. */
export interface StoredCache {
  /** How many bytes of contents of files' data fit. */
  readonly contentBytes: number;
  /** Whether `get` is likely to find a content: a look that costs little. */
  has(place: StoredPlace): boolean;
  /** The stored bytes of a content if they are here. Metadata is not checked: `discard` it when it can't be decoded. */
  get(place: StoredPlace): Uint8Array | undefined;
  /** Keeps the stored bytes of a content of files' data. Does nothing for metadata, which is kept by the pack. */
  put(place: StoredPlace, stored: Uint8Array): Promise<void>;
  /** Removes what `get` returned, as it turned out to be damaged; whether there was anything. */
  discard(place: StoredPlace): boolean;
  /** Path of a file that begins with a whole metadata pack, checked, and fetched if need be; for threads that read with
   *  synchronous calls. Undefined for other packs and where nothing can be kept: then read from the storage. The file
   *  may be removed at any time; whoever has it open keeps it. Throws what the storage throws. */
  packFile(packBlobId: string, signal?: AbortSignal): Promise<string | undefined>;
}
