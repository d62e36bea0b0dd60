/** A set of keys with false positives. Threads that attach to the same memory share it. */
export interface BloomFilter {
  /** To be sent to other threads. */
  readonly memory: SharedArrayBuffer;
  /** Adds the key that starts at `key[offset]`. May run in several threads at once. */
  add(key: Uint8Array, offset?: number): void;
  /** False only for keys that nobody has added; true for some that nobody has. Sees the adds of other threads
   *  that happened before a synchronisation with them. */
  mayContain(key: Uint8Array, offset?: number): boolean;
}

/** A new empty filter of at most `bytes`, at least one block. */
export function createBloomFilter(bytes: number): BloomFilter {
  const blocks = Math.max(1, Math.floor(bytes / BLOCK_BYTES));
  return new BlockedBloomFilter(new SharedArrayBuffer(blocks * BLOCK_BYTES));
}

/** The filter whose `memory` another thread has sent. */
export function attachBloomFilter(memory: SharedArrayBuffer): BloomFilter {
  return new BlockedBloomFilter(memory);
}

const BLOCK_WORDS = 8;
const BLOCK_BYTES = BLOCK_WORDS * 4;
/** Key bytes 1-4 choose the block, 5-12 one bit in each of its words. */
const FIRST_BIT_BYTE = 5;

/** Split-block filter: a key touches one block of 32 bytes, so one cache line, and sets a bit in each of its eight words.
 *  Keys are keyed hashes behind a prefix letter: their bits are used as they are. At 16 bits a key 0.2 % of the
 *  answers are false, at 10 bits 1.2 %. Layout: 256-bit blocks of little-endian words. */
class BlockedBloomFilter implements BloomFilter {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #blocks: number;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
    this.#blocks = this.#words.length / BLOCK_WORDS;
  }

  add(key: Uint8Array, offset = 0): void {
    const words = this.#words;
    const block = this.#block(key, offset);
    for (let i = 0; i < BLOCK_WORDS; i++) {
      const bit = 1 << ((key[offset + FIRST_BIT_BYTE + i] ?? 0) & 31);
      // Most adds of a full filter change nothing, and a load is cheaper than a locked write.
      if ((Atomics.load(words, block + i) & bit) === 0) Atomics.or(words, block + i, bit);
    }
  }

  mayContain(key: Uint8Array, offset = 0): boolean {
    const words = this.#words;
    const block = this.#block(key, offset);
    for (let i = 0; i < BLOCK_WORDS; i++) {
      const bit = 1 << ((key[offset + FIRST_BIT_BYTE + i] ?? 0) & 31);
      if ((Atomics.load(words, block + i) & bit) === 0) return false;
    }
    return true;
  }

  /** First word of the key's block. */
  #block(key: Uint8Array, offset: number): number {
    const hash =
      (((key[offset + 1] ?? 0) << 24) |
        ((key[offset + 2] ?? 0) << 16) |
        ((key[offset + 3] ?? 0) << 8) |
        (key[offset + 4] ?? 0)) ^
      Math.imul(key[offset] ?? 0, 0x9e3779b1);
    return Math.floor(((hash >>> 0) / 0x1_0000_0000) * this.#blocks) * BLOCK_WORDS;
  }
}
