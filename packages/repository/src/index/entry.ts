/** Where a content lies. Source: kopia repo/content/index. */
export interface IndexEntry {
  /** Key bytes: prefix character (0 when none), then the hash. */
  readonly key: Uint8Array;
  readonly packBlobId: string;
  /** Bytes from the start of the pack. */
  readonly packOffset: number;
  /** Stored bytes: nonce, tag and error correction included. */
  readonly packedLength: number;
  /** Uncompressed bytes. */
  readonly originalLength: number;
  readonly timestampSeconds: number;
  readonly deleted: boolean;
  /** Repository format version when written. */
  readonly formatVersion: number;
  /** 0 when not compressed. */
  readonly compressionHeaderId: number;
  /** Always 0 today; anything else is refused when the content is read. */
  readonly encryptionKeyId: number;
}
