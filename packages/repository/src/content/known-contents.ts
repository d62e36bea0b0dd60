import { attachBloomFilter, type BloomFilter } from '../index/bloom.ts';
import { type IndexFiles } from './index-files.ts';
import { OwnContents } from './own-contents.ts';

/** What all threads share to answer "is this content stored?". Plain data. */
export interface KnownContentsMemory {
  readonly bloom: SharedArrayBuffer;
  readonly own: SharedArrayBuffer;
}

/** Answers, in one thread, whether a content is stored already: filter first, then what this session wrote, then the
 *  sorted index files on disk. A deleted content counts as unknown: it must be written again. */
export class KnownContents {
  readonly #bloom: BloomFilter;
  readonly #own: OwnContents;
  readonly #files: IndexFiles;

  constructor(memory: KnownContentsMemory, files: IndexFiles) {
    this.#bloom = attachBloomFilter(memory.bloom);
    this.#own = new OwnContents(memory.own);
    this.#files = files;
  }

  has(key: Uint8Array): boolean {
    if (!this.#bloom.mayContain(key)) return false;
    if (this.#own.has(key)) return true;
    const entry = this.#files.find(key);
    return entry !== undefined && !entry.deleted;
  }

  /** Claims a content for this thread to write; false when another thread has just claimed it. */
  claim(key: Uint8Array): boolean {
    this.#bloom.add(key);
    return this.#own.add(key);
  }
}
