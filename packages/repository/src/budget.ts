import { availableParallelism, constrainedMemory } from './machine.ts';

const MIB = 1 << 20;

/** Sizes of everything that holds data, derived from one number of bytes for the whole process. */
export interface Budget {
  readonly totalBytes: number;
  readonly workers: number;
  /** Shared pool in which ciphertext waits to be put. */
  readonly segmentPoolBytes: number;
  /** At which a pack is closed at the latest. */
  readonly packBytes: number;
  /** Shared memory into which contents are fetched ahead, in a process that only reads; 0 for a local storage. */
  readonly fetchBytes: number;
  /** Filter in front of the index. */
  readonly bloomBytes: number;
  /** Contents written but not yet in a stored index. */
  readonly pendingContents: number;
  /** Cached pages of index files, a thread. */
  readonly indexPageBytes: number;
}

/** What Node, its libraries and the main thread's heap take before any data is held: measured, not tunable. */
const RUNTIME_BYTES = 88 * MIB;
/** What a vendor's SDK and its connections take beside that: measured with S3, 12 MiB before the first blob. */
const REMOTE_BYTES = 16 * MIB;
const SMALLEST_BYTES = 128 * MIB;
/** What fills a line of 50 ms at 400 MB/s. */
const LINE_BYTES = 24 * MIB;

/** For whom a budget is. */
export interface BudgetUse {
  readonly workers: number;
  readonly maxContentBytes: number;
  /** The storage is reached across a network, by way of a vendor's SDK. */
  readonly isRemote: boolean;
}

/** Divides `totalBytes` for worker threads and contents of a certain size.
 *  The pool always has room for one content a worker and one more to close a pack, so that writers can't wait for each
 *  other for ever; a smaller budget makes packs smaller and waits longer. */
export function planBudget(totalBytes: number, { workers, maxContentBytes, isRemote }: BudgetUse): Budget {
  const total = Math.max(totalBytes, SMALLEST_BYTES);
  const data = Math.max(
    total - RUNTIME_BYTES - (isRemote ? REMOTE_BYTES : 0),
    SMALLEST_BYTES - RUNTIME_BYTES,
  );
  const leastPool = (workers + 1) * (maxContentBytes + 4 * MIB);
  const pool = Math.max(leastPool, Math.floor(data * (isRemote ? 0.32 : 0.3)));
  return {
    totalBytes: total,
    workers,
    segmentPoolBytes: pool,
    // One is filled, the others are on their way: across a network that takes longer.
    packBytes: Math.floor(pool / (isRemote ? 4 : 3)),
    fetchBytes: isRemote ? Math.max(3 * maxContentBytes, LINE_BYTES) : 0,
    bloomBytes: largestPowerOfTwo(data * (isRemote ? 0.04 : 0.08)),
    pendingContents: 32 * 1024,
    indexPageBytes: Math.floor((data * 0.06) / (workers + 1)),
  };
}

/** 256 MiB, or less where the process is confined to less. */
export function defaultBudgetBytes(): number {
  return Math.min(256 * MIB, constrainedMemory());
}

/** Worker threads to use when nobody says: one a core. */
export function defaultWorkers(): number {
  return Math.max(1, Math.min(availableParallelism(), 8));
}

function largestPowerOfTwo(atMost: number): number {
  return 2 ** Math.floor(Math.log2(atMost));
}
