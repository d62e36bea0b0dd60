/** Remembers values in memory of limited size: when it is full it forgets the oldest half. */
export class BoundedCache<V> {
  readonly #capacity: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The value in a box, undefined when it is not remembered: a value may be undefined itself. */
  get(key: string): { readonly value: V } | undefined {
    for (const generation of [this.#young, this.#old])
      // A key that is there has a value.
      if (generation.has(key)) return { value: generation.get(key) as V };
    return undefined;
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#capacity / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
