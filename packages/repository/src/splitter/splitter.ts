/** Finds where a byte stream is cut into contents. Stateless between chunks: a cut depends only on the bytes of its
 *  own chunk, so any thread can find the next one from a chunk's start. */
export interface Splitter {
  /** Smallest chunk that a cut can end, in bytes (the stream's last chunk may be smaller). */
  readonly minChunk: number;
  /** Largest chunk, in bytes. */
  readonly maxChunk: number;
  /** Length of the chunk that starts at `from`, or -1 when `bytes` ends before a cut is found.
   *  A result lies in [minChunk, maxChunk]. `bytes` is only read, and may be in shared memory. */
  nextCut(bytes: Uint8Array, from: number): number;
}
