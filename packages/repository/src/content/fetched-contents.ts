/* What was fetched, as it is sent to the threads that use it. */

/** Stored bytes in shared memory; plain data. What could not be fetched is in none of the lists: too much was wanted at a
 *  time, or a pack is shorter than the index says, and only a smaller piece of it can be read. */
export interface FetchedContents {
  readonly memory: SharedArrayBuffer;
  readonly ranges: readonly FetchedRange[];
  /** Why stretches can't be had. */
  readonly failures: readonly FailedRange[];
}

/** A stretch of a pack, and where it begins in the memory. */
export interface FetchedRange {
  readonly packBlobId: string;
  readonly offset: number;
  readonly length: number;
  readonly at: number;
}

/** A stretch that could not be read. */
export type FailedRange = Omit<FetchedRange, 'at'> & { readonly error: unknown };
