/** A keyed hash, reused for many inputs in one thread. */
export interface Hasher {
  /** Bytes written by `hash`. */
  readonly digestLength: number;
  /** Writes the digest of `data` to the start of `out`. `data` may be in shared memory and is only read. */
  hash(data: Uint8Array, out: Uint8Array): void;
  /** The same for data that comes in pieces, each of which may be overwritten once the next one is asked for. Not while
   *  another call is going on: `pieces` must not hash. */
  hashPieces(pieces: Iterable<Uint8Array>, out: Uint8Array): void;
}

/** One named content hash of the format. */
export interface HashAlgorithm {
  readonly digestLength: number;
  /** Makes a hasher for one thread. `secret` is the format's hash secret; it may be empty. */
  create(secret: Uint8Array): Promise<Hasher>;
}
