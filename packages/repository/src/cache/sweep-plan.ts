import { type CacheLimits, targetBytes } from './settings.ts';

/** Slots for ages that differ by a factor of two: ages in one slot differ by a quarter of a percent. */
const SLOTS_AN_OCTAVE = 256;
const OCTAVES = 48;

/** How many bytes of entries there are by age, in memory that does not grow with their number. */
export class AgeTable {
  readonly #minAgeMs: number;
  readonly #bytes = new Float64Array(2 * SLOTS_AN_OCTAVE * OCTAVES);

  /** Entries of at least `minAgeMs` are told from younger ones exactly. */
  constructor(minAgeMs: number) {
    this.#minAgeMs = minAgeMs;
  }

  /** The slot of an age: the larger, the older. What lies in the future counts as new. */
  slotOf(ageMs: number): number {
    const slot = Math.floor(Math.log2(1 + Math.max(0, ageMs)) * SLOTS_AN_OCTAVE);
    const mayGo = ageMs >= this.#minAgeMs ? 1 : 0;
    return Math.min(2 * slot + mayGo, this.#bytes.length - 2 + mayGo);
  }

  /** Whether what lies in a slot has the minimum age. */
  mayGo(slot: number): boolean {
    return slot % 2 === 1;
  }

  add(ageMs: number, bytes: number): void {
    const slot = this.slotOf(ageMs);
    this.#bytes[slot] = this.bytesIn(slot) + bytes;
  }

  bytesIn(slot: number): number {
    return this.#bytes[slot] ?? 0;
  }

  get oldestSlot(): number {
    return this.#bytes.length - 1;
  }

  get totalBytes(): number {
    return this.#bytes.reduce((sum, bytes) => sum + bytes, 0);
  }
}

/** What is to go: all older slots, and as many entries of `slot` as make up `bytes` or a little more. */
export interface SweepPlan {
  readonly slot: number;
  readonly bytes: number;
}

/** Decides what goes, longest unused first: what has the minimum age until both limits are kept, then anything until the
 *  hard limit is. Undefined when everything may stay. Source: kopia internal/cache/persistent_lru_cache.go (sweepLocked). */
export function planSweep(ages: AgeTable, limits: CacheLimits): SweepPlan | undefined {
  const hardBytes = limits.hardBytes > 0 ? limits.hardBytes : Infinity;
  const before = ages.totalBytes;
  let total = before;
  for (let slot = ages.oldestSlot; slot >= 0; slot--) {
    const inSlot = ages.bytesIn(slot);
    if (inSlot === 0) continue;
    const excess = total - (ages.mayGo(slot) ? targetBytes(limits) : hardBytes);
    if (excess <= 0 && total === before) return undefined;
    if (excess < inSlot) return { slot, bytes: Math.max(0, excess) };
    total -= inSlot;
  }
  return total === before ? undefined : { slot: -1, bytes: 0 };
}

/** Says of one entry after the other whether it goes; each is asked about once. */
export function sweepDecision(ages: AgeTable, plan: SweepPlan): (ageMs: number, bytes: number) => boolean {
  let freedInSlot = 0;
  return (ageMs, bytes) => {
    const slot = ages.slotOf(ageMs);
    if (slot !== plan.slot) return slot > plan.slot;
    if (freedInSlot >= plan.bytes) return false;
    freedInSlot += bytes;
    return true;
  };
}
