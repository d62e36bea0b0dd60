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
] as const;

export type Counter = (typeof COUNTERS)[number];

/** Sums over all workers. */
export type CounterValues = Readonly<Record<Counter, number>>;

/** Memory for the counters of `workers` threads. Each thread writes only its own slots, so plain stores do. */
export function createCounterMemory(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(workers * COUNTERS.length * Float64Array.BYTES_PER_ELEMENT);
}

/** The counters of one worker. */
export class WorkerCounters {
  readonly #slots: Float64Array;

  constructor(memory: SharedArrayBuffer, worker: number) {
    this.#slots = new Float64Array(
      memory,
      worker * COUNTERS.length * Float64Array.BYTES_PER_ELEMENT,
      COUNTERS.length,
    );
  }

  add(counter: Counter, amount: number): void {
    const slot = COUNTERS.indexOf(counter);
    this.#slots[slot] = (this.#slots[slot] ?? 0) + amount;
  }

  set(counter: Counter, value: number): void {
    this.#slots[COUNTERS.indexOf(counter)] = value;
  }
}

/** What all workers have counted so far. */
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
