import { hash } from 'node:crypto';

/** Positions by key, 16 bytes a slot of which half to three quarters are in use: 96 bits of the key's hash and the position.
 *  Two of a hundred million keys are taken for one with a probability of 1e-13. */
export class PositionTable {
  #slots = new Uint32Array(SLOT_WORDS * FIRST_CAPACITY);
  #count = 0;

  /** The position of a key; undefined when it has none. */
  get(key: string): number | undefined {
    const at = slotOf(this.#slots, wordsOf(key));
    const stored = this.#slots[at + 3] ?? 0;
    return stored === 0 ? undefined : stored - 1;
  }

  /** Gives a key its position, below 2^32 - 1. */
  set(key: string, position: number): void {
    if ((this.#count + 1) * SLOT_WORDS * 4 > this.#slots.length * 3) this.#grow();
    const words = wordsOf(key);
    const at = slotOf(this.#slots, words);
    if (this.#slots[at + 3] === 0) this.#count++;
    this.#slots.set([...words, position + 1], at);
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    for (let at = 0; at < this.#slots.length; at += SLOT_WORDS) {
      const slot = this.#slots.subarray(at, at + SLOT_WORDS);
      if (slot[3] !== 0) slots.set(slot, slotOf(slots, [slot[0] ?? 0, slot[1] ?? 0, slot[2] ?? 0]));
    }
    this.#slots = slots;
  }
}

type Words = readonly [number, number, number];

const SLOT_WORDS = 4;
const FIRST_CAPACITY = 256;

function wordsOf(key: string): Words {
  const digest = hash('sha256', key, 'buffer');
  return [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8)];
}

/** Where the slot of a key is, or the free one that would be. */
function slotOf(slots: Uint32Array, [first, second, third]: Words): number {
  let at = (first % (slots.length / SLOT_WORDS)) * SLOT_WORDS;
  while (slots[at + 3] !== 0) {
    if (slots[at] === first && slots[at + 1] === second && slots[at + 2] === third) return at;
    at = at + SLOT_WORDS === slots.length ? 0 : at + SLOT_WORDS;
  }
  return at;
}
