/** Stored bytes that are fetched in parts. */
export interface StoredBytes {
  readonly length: number;
  /** Exactly `length` bytes from `offset`; the caller owns them. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Error correction around ciphertext. Source: kopia repo/ecc. */
export interface ErrorCorrection {
  /** Length of `encode`'s result for `length` input bytes. */
  encodedLength(length: number): number;
  encode(data: Uint8Array): Uint8Array;
  /** Repairs what it can; throws ECC_UNREPAIRABLE otherwise. */
  decode(stored: Uint8Array): Uint8Array;
  /** As `decode` for what does not fit in memory: the data in pieces of about `pieceBytes`, in order. */
  decodePieces(stored: StoredBytes, pieceBytes: number): AsyncIterable<Uint8Array>;
}
