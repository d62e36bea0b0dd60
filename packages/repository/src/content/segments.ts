import { invariant } from '../errors.ts';

/** Bytes of one segment. */
export const SEGMENT_BYTES: number = 1 << 20;

/** Shared memory of a segment pool, to be sent to other threads. */
export interface SegmentMemory {
  readonly data: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
}

/** Index of a segment in its pool. */
export type SegmentIndex = number;

const VERSION = 0;
const FREE = 1;
const FIRST_FLAG = 2;

/** A fixed number of segments in shared memory, each owned by one thread at a time.
 *  Ownership moves by message: whoever holds a segment's index may write it, until it calls `release`. */
export class SegmentPool {
  readonly memory: SegmentMemory;
  readonly count: number;
  readonly #flags: Int32Array;

  constructor(memory: SegmentMemory) {
    this.memory = memory;
    this.count = memory.data.byteLength / SEGMENT_BYTES;
    this.#flags = new Int32Array(memory.control);
  }

  static create(bytes: number): SegmentPool {
    const count = Math.ceil(bytes / SEGMENT_BYTES);
    const control = new SharedArrayBuffer((FIRST_FLAG + count) * 4);
    new Int32Array(control)[FREE] = count;
    return new SegmentPool({ data: new SharedArrayBuffer(count * SEGMENT_BYTES), control });
  }

  get free(): number {
    return Atomics.load(this.#flags, FREE);
  }

  /** A free segment, or undefined. */
  tryAcquire(): SegmentIndex | undefined {
    for (let i = 0; i < this.count; i++) {
      if (Atomics.compareExchange(this.#flags, FIRST_FLAG + i, 0, 1) !== 0) continue;
      Atomics.sub(this.#flags, FREE, 1);
      return i;
    }
    return undefined;
  }

  /** Waits for a free segment, calling `onWait` before each wait; it may throw to give up. Blocks the thread: never on the main
   *  thread, which is the one that frees. */
  acquire(onWait: () => void): SegmentIndex {
    for (;;) {
      const version = Atomics.load(this.#flags, VERSION);
      const segment = this.tryAcquire();
      if (segment !== undefined) return segment;
      onWait();
      Atomics.wait(this.#flags, VERSION, version);
    }
  }

  /** Resolves when a segment was released after `version()` had been read. */
  async released(version: number): Promise<void> {
    await Atomics.waitAsync(this.#flags, VERSION, version).value;
  }

  /** Grows with each release. */
  version(): number {
    return Atomics.load(this.#flags, VERSION);
  }

  release(segment: SegmentIndex): void {
    const before = Atomics.exchange(this.#flags, FIRST_FLAG + segment, 0);
    invariant(before === 1, `segment ${segment} was released twice`);
    Atomics.add(this.#flags, FREE, 1);
    this.wake();
  }

  /** Makes everybody who waits for a segment look again. */
  wake(): void {
    Atomics.add(this.#flags, VERSION, 1);
    Atomics.notify(this.#flags, VERSION);
  }

  bytes(segment: SegmentIndex): Uint8Array {
    return new Uint8Array(this.memory.data, segment * SEGMENT_BYTES, SEGMENT_BYTES);
  }
}
