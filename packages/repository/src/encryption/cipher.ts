/** Where ciphertext goes, in order. `write` copies: the caller may reuse `bytes` at once. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
}

/** A sink whose memory can be written to directly, which saves a copy. */
export interface RoomySink extends ByteSink {
  /** Where the next bytes go: one at least, the sink's own. */
  room(): Uint8Array;
  /** So many bytes of what `room` returned last are written. */
  advance(length: number): void;
}

/** The sink's memory, where it lets others write to it. */
export function asRoomy(sink: ByteSink): RoomySink | undefined {
  // Narrowed by what only such a sink has.
  return 'room' in sink ? (sink as RoomySink) : undefined;
}

/** Takes the stored form of one content or blob piece by piece, the pieces cut anywhere. */
export interface PieceDecryption extends ByteSink {
  /** The stored form has ended. Throws CONTENT_CORRUPT when it does not match its tag: what was decrypted may not be used. */
  finish(): void;
}

/** Authenticated encryption of contents and whole blobs; one instance a thread.
 *  Stored form: nonce (12) || ciphertext || tag (16); key = HMAC-SHA256(contentKDS, iv), iv is also the AAD.
 *  Source: kopia repo/encryption. */
export interface ContentCipher {
  /** Bytes that encryption adds. */
  readonly overhead: number;
  /** Encrypts `plain` in spans of at most 64 KiB, so that garbage stays small. */
  encrypt(plain: Uint8Array, iv: Uint8Array, sink: ByteSink): void;
  /** Decrypts `stored` into `out` (at least stored.length - overhead bytes) and returns the plain length.
   *  Throws CONTENT_CORRUPT when the tag does not match; `out` then holds nothing that may be used. */
  decrypt(stored: Uint8Array, iv: Uint8Array, out: Uint8Array): number;
  /** As `decrypt` for what does not fit in memory: `sink` gets plain bytes that nobody has vouched for until `finish`. */
  decryptPieces(iv: Uint8Array, sink: ByteSink): PieceDecryption;
}

/** One named encryption of the format; `create` takes the format's master key. */
export interface EncryptionAlgorithm {
  create(masterKey: Uint8Array): ContentCipher;
}
