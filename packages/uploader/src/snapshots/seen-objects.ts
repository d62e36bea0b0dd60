/** Remembers objects met before, in memory of limited size: when it is full it forgets the oldest half, so that some
 *  objects are met again. */
export class SeenObjects {
  readonly #capacity: number;
  #young = new Set<string>();
  #old = new Set<string>();

  constructor(capacity: number = CAPACITY) {
    this.#capacity = capacity;
  }

  /** False when the object is remembered. */
  add(objectId: string): boolean {
    if (this.#young.has(objectId) || this.#old.has(objectId)) return false;
    if (this.#young.size >= this.#capacity / 2) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(objectId);
    return true;
  }
}

/** About 20 MB. */
const CAPACITY = 200_000;
