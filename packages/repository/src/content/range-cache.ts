import type { StoredCache, StoredPlace } from '../cache/stored-cache.ts';
import type { PackRange } from './ranges.ts';

/** The cache as whoever fetches ranges uses it: contents that are kept need no request, and those that a range brought are
 *  kept one by one, under the names that all other readers know. */
export class RangeCache {
  readonly #cache: StoredCache;
  readonly #keeping = new Set<Promise<void>>();
  #keptBytes = 0;

  constructor(cache: StoredCache) {
    this.#cache = cache;
  }

  /** Those that seem to be there, which only reading them tells, and the others. */
  split(places: readonly StoredPlace[]): readonly [StoredPlace[], StoredPlace[]] {
    const [kept, others]: [StoredPlace[], StoredPlace[]] = [[], []];
    for (const place of places) (this.#cache.has(place) ? kept : others).push(place);
    return [kept, others];
  }

  /** Puts all contents of a range into `into`, at their places; whether all were there. */
  fill({ offset, contents }: PackRange<StoredPlace>, into: Uint8Array): boolean {
    return contents.every((place) => {
      const stored = this.#cache.get(place);
      if (stored?.length !== place.packedLength) return false;
      into.set(stored, place.packOffset - offset);
      return true;
    });
  }

  /** Keeps the contents of a range whose bytes stay as they are until this resolves; never rejects. What a process keeps
   *  beyond the size of the cache would only push out what it kept before, so it ends there. */
  async keep(range: PackRange<StoredPlace>, bytes: Uint8Array, mayGoOn: () => boolean): Promise<void> {
    const keeping = this.#keepAll(range, bytes, mayGoOn);
    this.#keeping.add(keeping);
    await keeping.finally(() => this.#keeping.delete(keeping));
  }

  /** Resolves when all is kept that was to be. */
  async settled(): Promise<void> {
    await Promise.all(this.#keeping);
  }

  async #keepAll(
    { offset, contents }: PackRange<StoredPlace>,
    bytes: Uint8Array,
    mayGoOn: () => boolean,
  ): Promise<void> {
    for (const place of contents) {
      if (!mayGoOn() || this.#keptBytes + place.packedLength > this.#cache.contentBytes) return;
      this.#keptBytes += place.packedLength;
      const at = place.packOffset - offset;
      await this.#cache.put(place, bytes.subarray(at, at + place.packedLength));
    }
  }
}
