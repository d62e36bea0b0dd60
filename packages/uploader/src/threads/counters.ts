/** What workers count while they work, for progress and statistics. */
export const COUNTERS = [
  'hashedFiles',
  'hashedBytes',
  'cachedFiles',
  'cachedBytes',
  'newContents',
  'newBytes',
  'storedBytes',
  'excludedFiles',
  'excludedDirectories',
  'excludedBytes',
  'failedFiles',
  'changedFiles',
  'ignoredErrors',
  'restoredFiles',
  'restoredBytes',
  'skippedFiles',
  'skippedSockets',
] as const;

export type Counter = (typeof COUNTERS)[number];

// One property a counter, by construction.
const SLOTS = Object.fromEntries(COUNTERS.map((name, slot) => [name, slot])) as Readonly<
  Record<Counter, number>
>;

/** Sums over all threads. */
export type CounterValues = Readonly<Record<Counter, number>>;

/** Memory for the counters of `threads` threads. Each thread writes only its own slots, so plain stores do. */
export function createCounterMemory(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer(threads * COUNTERS.length * Float64Array.BYTES_PER_ELEMENT);
}

/** The counters of one thread. */
export class WorkerCounters {
  readonly #slots: Float64Array;

  constructor(memory: SharedArrayBuffer, thread: number) {
    this.#slots = new Float64Array(
      memory,
      thread * COUNTERS.length * Float64Array.BYTES_PER_ELEMENT,
      COUNTERS.length,
    );
  }

  add(counter: Counter, amount: number): void {
    const slot = SLOTS[counter];
    this.#slots[slot] = (this.#slots[slot] ?? 0) + amount;
  }

  set(counter: Counter, value: number): void {
    this.#slots[SLOTS[counter]] = value;
  }
}

/** What all threads have counted so far. */
export function sumCounters(memory: SharedArrayBuffer): CounterValues {
  const all = new Float64Array(memory);
  const sum = (slot: number): number => {
    let total = 0;
    for (let i = slot; i < all.length; i += COUNTERS.length) total += all[i] ?? 0;
    return total;
  };
  // One property a counter, by construction.
  return Object.fromEntries(COUNTERS.map((name, slot) => [name, sum(slot)])) as Record<Counter, number>;
}
