import { createHash } from 'node:crypto';

const INITIAL_SLOTS = 1024;
const ABSENT = -1;
/** Below 2^32: lets every bit of a key decide about its slot. */
const PRIME = 4_294_967_291;
const USED = 1;
const NOTED = 2;

/** Lengths of packs, and which of them something refers to, in 17 bytes a slot, at most four slots a pack. Packs are told
 *  apart by 52 bits of their names, which are random. */
export class PackTable {
  #keys = new Float64Array(INITIAL_SLOTS);
  #lengths = new Float64Array(INITIAL_SLOTS);
  #flags = new Uint8Array(INITIAL_SLOTS);
  #count = 0;

  /** Notes a pack that is in storage. */
  add(packBlobId: string, length: number): void {
    const slot = this.#insert(packBlobId); // may replace the arrays
    this.#lengths[slot] = length;
  }

  /** Notes that something refers to a pack. Returns its bytes in storage, -1 when it is not there. */
  use(packBlobId: string): number {
    const slot = this.#insert(packBlobId);
    this.#flag(slot, USED);
    return this.#lengths[slot] ?? ABSENT;
  }

  /** True the first time it is asked about a pack. */
  noteOnce(packBlobId: string): boolean {
    return this.#flag(this.#insert(packBlobId), NOTED);
  }

  /** Bytes of a pack in storage, -1 when it is not there. */
  lengthOf(packBlobId: string): number {
    const slot = this.#slotOf(keyOf(packBlobId));
    return this.#keys[slot] === 0 ? ABSENT : (this.#lengths[slot] ?? ABSENT);
  }

  has(packBlobId: string): boolean {
    return this.lengthOf(packBlobId) !== ABSENT;
  }

  /** Whether something refers to a pack. */
  isUsed(packBlobId: string): boolean {
    return ((this.#flags[this.#slotOf(keyOf(packBlobId))] ?? 0) & USED) !== 0;
  }

  /** Packs in storage that nothing refers to. */
  unused(): { readonly count: number; readonly bytes: number } {
    let [count, bytes] = [0, 0];
    for (let slot = 0; slot < this.#keys.length; slot++) {
      if (this.#keys[slot] === 0 || ((this.#flags[slot] ?? 0) & USED) !== 0) continue;
      count++;
      bytes += this.#lengths[slot] ?? 0;
    }
    return { count, bytes };
  }

  /** Sets a flag; false when it was set before. */
  #flag(slot: number, flag: number): boolean {
    const before = this.#flags[slot] ?? 0;
    this.#flags[slot] = before | flag;
    return (before & flag) === 0;
  }

  #insert(packBlobId: string): number {
    if ((this.#count + 1) * 2 > this.#keys.length) this.#grow();
    const key = keyOf(packBlobId);
    const slot = this.#slotOf(key);
    if (this.#keys[slot] === 0) {
      this.#keys[slot] = key;
      this.#lengths[slot] = ABSENT;
      this.#count++;
    }
    return slot;
  }

  /** The slot with this key, or the free one where it would go. */
  #slotOf(key: number): number {
    const mask = this.#keys.length - 1;
    let slot = (key % PRIME) & mask;
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [keys, lengths, flags] = [this.#keys, this.#lengths, this.#flags];
    this.#keys = new Float64Array(keys.length * 2);
    this.#lengths = new Float64Array(keys.length * 2);
    this.#flags = new Uint8Array(keys.length * 2);
    for (const [old, key] of keys.entries()) {
      if (key === 0) continue;
      const slot = this.#slotOf(key);
      this.#keys[slot] = key;
      this.#lengths[slot] = lengths[old] ?? ABSENT;
      this.#flags[slot] = flags[old] ?? 0;
    }
  }
}

const RANDOM_NAME = /^[a-z][0-9a-f]{32}/;

/** 52 bits that stand for a pack's name, never 0. */
function keyOf(packBlobId: string): number {
  return Number.parseInt(randomDigits(packBlobId).slice(0, 13), 16) + 1;
}

/** Which of `count` equal shares a pack belongs to: the same in every process. */
export function shareOf(packBlobId: string, count: number): number {
  return Number.parseInt(randomDigits(packBlobId).slice(13, 21), 16) % count;
}

/** The random part of a pack's name; of a name without one, its hash. */
function randomDigits(packBlobId: string): string {
  if (RANDOM_NAME.test(packBlobId)) return packBlobId.slice(1, 33);
  return createHash('sha256').update(packBlobId).digest('hex');
}
