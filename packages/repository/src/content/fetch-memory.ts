import { invariant } from '../errors.ts';
import type { FetchedBlock } from './fetched-block.ts';
import { FreeSpace } from './free-space.ts';
import type { PackPlace } from './ranges.ts';

/** Shared memory for stretches of packs. Those that nobody uses keep their place until it is needed, the least recently
 *  used goes first; a few that were wanted more than once stay as long as others can go. One caller at a time may wait for
 *  room. */
export class FetchMemory {
  readonly shared: SharedArrayBuffer;
  readonly #space: FreeSpace;
  /** In use, or likely to be used again; the least recently used first. */
  readonly #blocks = new Set<FetchedBlock>();
  /** Those that were found here after they were asked for: a file has the same bytes in many places, or many files have them.
   *  They go last; when they are more than a quarter of the memory, the first of them count as the others do. */
  readonly #wantedAgain = new Set<FetchedBlock>();
  #wantedAgainBytes = 0;
  #inUse = 0;
  #onRelease: (() => void) | undefined;

  constructor(size: number) {
    this.shared = new SharedArrayBuffer(size);
    this.#space = new FreeSpace(size);
  }

  get size(): number {
    return this.shared.byteLength;
  }

  /** Whether a block is in somebody's way: they wait for room, and it has one user left, the caller. */
  isHinderedBy(block: FetchedBlock): boolean {
    return this.#onRelease !== undefined && block.users === 1;
  }

  /** A block that has a content, or will have it, for another use of it. */
  find(place: PackPlace): FetchedBlock | undefined {
    for (const block of this.#blocks)
      if (block.holds(place) && block.failure === undefined) return this.#raise(block);
    return undefined;
  }

  /** Keeps a block in its place until it is released as often as it was held. */
  hold(block: FetchedBlock): FetchedBlock {
    if (block.users++ === 0) this.#inUse++;
    this.#blocks.delete(block);
    this.#blocks.add(block);
    return block;
  }

  release(block: FetchedBlock): void {
    block.users--;
    if (block.users > 0) return;
    this.#inUse--;
    if (block.failure !== undefined) this.#drop(block);
    else if (this.#blocks.size > MOST_BLOCKS) this.#dropOldest();
    this.#onRelease?.();
  }

  /** Offset of `length` bytes, as soon as there are as many together; -1 when the `own` blocks that the caller itself holds
   *  are the last in use, and in the way. Rejects with the signal's reason. */
  async take(length: number, own: number, signal: AbortSignal | undefined): Promise<number> {
    invariant(length <= this.size, 'no more is wanted than there is memory');
    for (;;) {
      signal?.throwIfAborted();
      const at = this.#space.take(length);
      if (at >= 0) return at;
      if (this.#dropOldest()) continue;
      if (this.#inUse > own) await this.#released(signal);
      else if (!this.#lowerFirst()) return -1;
    }
  }

  async #released(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onRelease = resolve;
    const onAbort = (): void => resolve();
    signal?.addEventListener('abort', onAbort, { once: true });
    await promise;
    signal?.removeEventListener('abort', onAbort);
    this.#onRelease = undefined;
  }

  #dropOldest(): boolean {
    for (const block of this.#blocks) {
      if (block.users > 0 || this.#wantedAgain.has(block)) continue;
      this.#drop(block);
      return true;
    }
    return false;
  }

  #raise(block: FetchedBlock): FetchedBlock {
    if (this.#wantedAgain.has(block)) return block;
    this.#wantedAgain.add(block);
    this.#wantedAgainBytes += block.length;
    while (this.#wantedAgainBytes > this.size / 4) this.#lowerFirst();
    return block;
  }

  /** Whether there was one to lower. */
  #lowerFirst(): boolean {
    for (const block of this.#wantedAgain) {
      this.#lower(block);
      return true;
    }
    return false;
  }

  #lower(block: FetchedBlock): void {
    if (this.#wantedAgain.delete(block)) this.#wantedAgainBytes -= block.length;
  }

  #drop(block: FetchedBlock): void {
    this.#lower(block);
    this.#blocks.delete(block);
    this.#space.give(block.at, block.length);
  }
}

/** Looking through more of them would take longer than it saves. */
const MOST_BLOCKS = 64;
