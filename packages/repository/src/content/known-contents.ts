import { attachBloomFilter, type BloomFilter } from '../index/bloom.ts';
import type { IndexFiles } from './index-files.ts';
import { OwnContents } from './own-contents.ts';

/** What all threads share to answer "is this content stored?". Plain data. */
export interface KnownContentsMemory {
  readonly bloom: SharedArrayBuffer;
  /** One byte: not 0 once the filter has all that is in the index files. Until then it says nothing. */
  readonly isFilled: SharedArrayBuffer;
  readonly own: SharedArrayBuffer;
}

/** Answers, in one thread, whether a content is stored already: filter first, then what this session wrote, then the
 *  sorted index files on disk. A deleted content must be written again. */
export class KnownContents {
  readonly #bloom: BloomFilter;
  readonly #isFilled: Uint8Array;
  readonly #own: OwnContents;
  readonly #files: IndexFiles;

  constructor(memory: KnownContentsMemory, files: IndexFiles) {
    this.#bloom = attachBloomFilter(memory.bloom);
    this.#isFilled = new Uint8Array(memory.isFilled);
    this.#own = new OwnContents(memory.own);
    this.#files = files;
  }

  /** Undefined when the content is stored; else the time that a new entry of it must exceed: that of its deletion,
   *  which may be later than now where clocks differ, or 0. */
  missingSince(key: Uint8Array): number | undefined {
    if (Atomics.load(this.#isFilled, 0) !== 0 && !this.#bloom.mayContain(key)) return 0;
    if (this.#own.has(key)) return undefined;
    const entry = this.#files.find(key);
    if (entry === undefined) return 0;
    return entry.deleted ? entry.timestampSeconds : undefined;
  }

  /** Claims a content for this thread to write; false when another thread has just claimed it. */
  claim(key: Uint8Array): boolean {
    this.#bloom.add(key);
    return this.#own.add(key);
  }
}
