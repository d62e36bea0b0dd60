/** How much of each pack the index refers to, in about 40 bytes a pack. Packs are told apart by 64-bit fingerprints of
 *  their names; should two ever share one, they count as one pack that is used more: nothing is deleted or written again
 *  because of it. */
export class PackUsage {
  #slots = new Uint32Array(INITIAL_SLOTS * 2);
  #total = new Float64Array(INITIAL_SLOTS);
  #movable = new Float64Array(INITIAL_SLOTS);
  #count = 0;

  /** Packs that something refers to. */
  get count(): number {
    return this.#count;
  }

  /** Counts a content of `bytes`; `isMovable` says whether it may be written again. */
  add(packBlobId: string, bytes: number, isMovable: boolean): void {
    if ((this.#count + 1) * 2 > this.#total.length) this.#grow();
    const slot = this.#slotOf(packBlobId);
    this.#total[slot] = (this.#total[slot] ?? 0) + bytes;
    if (isMovable) this.#movable[slot] = (this.#movable[slot] ?? 0) + bytes;
  }

  has(packBlobId: string): boolean {
    const [low, high] = fingerprint(packBlobId);
    return this.#slots[this.#probe(low, high) * 2 + 1] !== 0;
  }

  /** Whether the pack holds contents of fewer than `bytes`, some of which may be written again. */
  isShort(packBlobId: string, bytes: number): boolean {
    const [low, high] = fingerprint(packBlobId);
    return this.#isShort(this.#probe(low, high), bytes);
  }

  /** Number of packs for which `isShort` holds. */
  countShort(bytes: number): number {
    let count = 0;
    for (let slot = 0; slot < this.#total.length; slot++) if (this.#isShort(slot, bytes)) count++;
    return count;
  }

  #isShort(slot: number, bytes: number): boolean {
    return (this.#movable[slot] ?? 0) > 0 && (this.#total[slot] ?? 0) < bytes;
  }

  #slotOf(packBlobId: string): number {
    const [low, high] = fingerprint(packBlobId);
    const slot = this.#probe(low, high);
    if (this.#slots[slot * 2 + 1] === 0) {
      this.#slots[slot * 2] = low;
      this.#slots[slot * 2 + 1] = high;
      this.#count++;
    }
    return slot;
  }

  /** The slot with this fingerprint, or the free one where it would go. */
  #probe(low: number, high: number): number {
    const slots = this.#slots;
    const mask = this.#total.length - 1;
    let slot = low & mask;
    while (slots[slot * 2 + 1] !== 0 && (slots[slot * 2] !== low || slots[slot * 2 + 1] !== high))
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [slots, total, movable] = [this.#slots, this.#total, this.#movable];
    this.#slots = new Uint32Array(slots.length * 2);
    this.#total = new Float64Array(total.length * 2);
    this.#movable = new Float64Array(total.length * 2);
    for (let i = 0; i < total.length; i++) {
      const [low, high] = [slots[i * 2] ?? 0, slots[i * 2 + 1] ?? 0];
      if (high === 0) continue;
      const slot = this.#probe(low, high);
      this.#slots[slot * 2] = low;
      this.#slots[slot * 2 + 1] = high;
      this.#total[slot] = total[i] ?? 0;
      this.#movable[slot] = movable[i] ?? 0;
    }
  }
}

const INITIAL_SLOTS = 1024;

/** Two FNV-1a hashes with different starts; the second is never 0, which marks a free slot. */
function fingerprint(name: string): [low: number, high: number] {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x85ebca6b) ^ (high >>> 13);
  }
  return [low >>> 0, high >>> 0 || 1];
}
