/** Fingerprints of contents that this session has written, in shared memory, so that every thread sees what the others
 *  wrote. Open addressing over 16-byte slots; the last 16 bytes of the key identify a content (they are its
 *  encryption IV too), with the prefix letter mixed in. */
export class OwnContents {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #slots: number;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
    this.#slots = (this.#words.length - HEADER_WORDS) / 4;
  }

  /** Room for `capacity` contents at a load of at most one half. */
  static create(capacity: number): OwnContents {
    const slots = 2 ** Math.ceil(Math.log2(capacity * 2));
    return new OwnContents(new SharedArrayBuffer((HEADER_WORDS + slots * 4) * 4));
  }

  get count(): number {
    return Atomics.load(this.#words, COUNT);
  }

  /** Adds the content with index key `key`; false when it was there already. When the table is full nothing is added
   *  and the answer is true: the content is written once more, which costs space but loses nothing. */
  add(key: Uint8Array): boolean {
    this.#lock();
    try {
      const slot = this.#probe(key);
      if (slot < 0 || this.#matches(slot, key)) return slot < 0;
      const words = this.#words;
      for (let i = 0; i < 4; i++) words[slot + i] = fingerprintWord(key, i);
      Atomics.add(words, COUNT, 1);
      return true;
    } finally {
      this.#unlock();
    }
  }

  has(key: Uint8Array): boolean {
    this.#lock();
    try {
      const slot = this.#probe(key);
      return slot >= 0 && this.#matches(slot, key);
    } finally {
      this.#unlock();
    }
  }

  /** Forgets everything: called when the contents have reached an index that lookups read. */
  clear(): void {
    this.#lock();
    this.#words.fill(0, HEADER_WORDS);
    Atomics.store(this.#words, COUNT, 0);
    this.#unlock();
  }

  /** First word of the slot that holds `key` or would take it; -1 when the table is full. */
  #probe(key: Uint8Array): number {
    const words = this.#words;
    const mask = this.#slots - 1;
    let slot = fingerprintWord(key, 0) & mask;
    for (let tries = 0; tries < MAX_PROBES; tries++) {
      const at = HEADER_WORDS + slot * 4;
      if (this.#matches(at, key)) return at;
      if ((words[at] ?? 0) === 0 && words[at + 1] === 0 && words[at + 2] === 0 && words[at + 3] === 0)
        return at;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  #matches(at: number, key: Uint8Array): boolean {
    for (let i = 0; i < 4; i++) if (this.#words[at + i] !== fingerprintWord(key, i)) return false;
    return true;
  }

  #lock(): void {
    while (Atomics.compareExchange(this.#words, LOCK, 0, 1) !== 0);
  }

  #unlock(): void {
    Atomics.store(this.#words, LOCK, 0);
  }
}

const LOCK = 0;
const COUNT = 1;
const HEADER_WORDS = 16;
const MAX_PROBES = 256;

/** Word `i` of the last 16 bytes of an index key, little-endian; the prefix letter is mixed into the first. */
function fingerprintWord(key: Uint8Array, i: number): number {
  const at = key.length - 16 + i * 4;
  const word =
    (key[at] ?? 0) | ((key[at + 1] ?? 0) << 8) | ((key[at + 2] ?? 0) << 16) | ((key[at + 3] ?? 0) << 24);
  return i === 0 ? word ^ Math.imul(key[0] ?? 0, 0x9e3779b1) : word;
}
