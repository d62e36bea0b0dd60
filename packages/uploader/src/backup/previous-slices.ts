import { type DirectoryEntry, nameOnDisk } from '../snapshot/entry.ts';
import type { ByteName } from '../snapshot/names.ts';
import type { NamesSlice } from './remaining-names.ts';

/** Names of one directory with the entries that previous snapshots have for them. */
export interface Slice extends NamesSlice {
  readonly previous: readonly DirectoryEntry[];
}

/** Finds the previous entries of names that come in sorted slices, with memory for one slice: previous directories are
 *  sorted too, so that they stream in beside them. An earlier directory wins over a later one. */
export async function* mergePrevious(
  slices: Iterable<NamesSlice>,
  previous: readonly string[],
  readEntries: (objectId: string) => AsyncIterable<DirectoryEntry>,
): AsyncGenerator<Slice> {
  const streams = previous.map((objectId) => new EntryStream(readEntries(objectId)));
  for (const slice of slices) {
    const found = new Map<ByteName, DirectoryEntry>();
    const wanted = new Set(slice.names);
    for (const stream of streams) await stream.takeThrough(slice.names.at(-1), wanted, found);
    yield { ...slice, previous: [...found.values()] };
  }
}

/** Files of a previous directory, in order. */
class EntryStream {
  readonly #iterator: AsyncIterator<DirectoryEntry>;
  #next: DirectoryEntry | undefined;
  #isDone = false;

  constructor(entries: AsyncIterable<DirectoryEntry>) {
    this.#iterator = entries[Symbol.asyncIterator]();
  }

  /** Moves past `last`, keeping entries that are wanted and not found yet. */
  async takeThrough(
    last: ByteName | undefined,
    wanted: ReadonlySet<ByteName>,
    found: Map<ByteName, DirectoryEntry>,
  ): Promise<void> {
    for (;;) {
      const entry = await this.#peek();
      if (entry === undefined || last === undefined || (entry.type !== 'd' && nameOnDisk(entry) > last))
        return;
      this.#next = undefined;
      const name = nameOnDisk(entry);
      if (entry.type !== 'd' && wanted.has(name) && !found.has(name)) found.set(name, entry);
    }
  }

  async #peek(): Promise<DirectoryEntry | undefined> {
    if (this.#next !== undefined || this.#isDone) return this.#next;
    try {
      const { done, value } = await this.#iterator.next();
      if (done === true) this.#isDone = true;
      else this.#next = value;
    } catch {
      // A previous directory that can't be read only means that its files are uploaded again.
      this.#isDone = true;
    }
    return this.#next;
  }
}
