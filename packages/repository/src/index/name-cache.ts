/** Keeps the most recently used strings of a table, so that entries of one pack share its name.
 *  Direct-mapped: never more than `slots` strings, no bookkeeping on a hit. */
export class NameCache {
  readonly #load: (id: number) => string;
  readonly #ids: Float64Array;
  readonly #names: string[];

  /** `load` makes the string for an ID, a non-negative safe integer. */
  constructor(load: (id: number) => string, slots: number) {
    this.#load = load;
    this.#ids = new Float64Array(Math.max(1, Math.min(slots, MAX_SLOTS))).fill(-1);
    this.#names = [];
  }

  get(id: number): string {
    const slot = id % this.#ids.length;
    const name = this.#names[slot];
    if (name !== undefined && this.#ids[slot] === id) return name;
    const loaded = this.#load(id);
    this.#ids[slot] = id;
    this.#names[slot] = loaded;
    return loaded;
  }
}

/** Prime, because version 1 has IDs that are multiples of a name's length. */
const MAX_SLOTS = 8191;
