/** One compression method. The stored form is headerId as 4 big-endian bytes, then the payload.
 *  Source: kopia repo/compression. */
export interface Compressor {
  /** The 32-bit id in front of the payload and in the index. */
  readonly headerId: number;
  /** Compresses the whole of `data`; returns header and payload in one buffer, or undefined when the result would not
   *  be smaller than `data`. `data` is only read, and may be in shared memory. The result is a view of memory that this
   *  thread's next `compress`, of any compressor, overwrites: use it up or copy it before. */
  compress(data: Uint8Array): Uint8Array | undefined;
}

/** Decodes payloads of one family of header ids. */
export interface Decompressor {
  /** Decodes `payload` (header removed). Throws COMPRESSION_CORRUPT for damaged input and when the output would exceed
   *  `maxLength`, without allocating more than that. The caller owns the result. */
  decompress(payload: Uint8Array, maxLength: number): Uint8Array;
}
