import type { IndexEntry } from './entry.ts';
import { type EntryDecoder, type EntryFields, type IndexHeader, indexCorrupt } from './header.ts';
import { compareKeyAt } from './key.ts';
import { readExactly } from './page-cache.ts';

/** Walks entries in the order of their keys, without an object for those that nobody looks at. */
export interface IndexCursor {
  /** Key of the current entry; one buffer, overwritten by the next `advance`. */
  readonly key: Uint8Array;
  /** Goes to the next entry, at first to the first; false at the end. Throws INDEX_CORRUPT. */
  advance(): boolean;
  /** The current entry without its key; the caller may keep it. Throws INDEX_CORRUPT. */
  fields(): EntryFields;
  /** The current entry with a copy of its key. Throws INDEX_CORRUPT. */
  entry(): IndexEntry;
}

/** The entries that a cursor has yet to reach, one by one. */
export function* cursorEntries(cursor: IndexCursor): Generator<IndexEntry> {
  while (cursor.advance()) yield cursor.entry();
}

/** Walks entries in memory, sorted and unique. */
export function arrayCursor(entries: readonly IndexEntry[]): IndexCursor {
  const key = new Uint8Array(entries[0]?.key.length ?? 0);
  let next = 0;
  const entry = (): IndexEntry => {
    const current = entries[next - 1];
    if (current === undefined) throw indexCorrupt('no current entry');
    return current;
  };
  return {
    key,
    advance: () => {
      const reached = entries[next];
      if (reached === undefined) return false;
      key.set(reached.key);
      next++;
      return true;
    },
    fields: entry,
    entry,
  };
}

/** Where a file cursor reads. */
export interface CursorRange {
  readonly fd: number;
  /** First entry to visit. */
  readonly from: number;
  /** Largest read-ahead buffer. */
  readonly bufferBytes: number;
}

/** Walks the entries of an index file with a read-ahead buffer of its own. Throws INDEX_CORRUPT also when keys are not
 *  ascending: whoever searched the file would miss some. */
export class FileCursor implements IndexCursor {
  readonly key: Uint8Array;
  readonly #header: IndexHeader;
  readonly #decode: EntryDecoder;
  readonly #fd: number;
  readonly #buffer: Uint8Array;
  /** Entry that the next read starts with. */
  #next: number;
  #at = 0;
  #end = 0;
  #started = false;

  constructor(header: IndexHeader, decode: EntryDecoder, { fd, from, bufferBytes }: CursorRange) {
    const rows = Math.max(1, Math.min(header.count - from, Math.floor(bufferBytes / header.stride)));
    this.key = new Uint8Array(header.keyLength);
    this.#header = header;
    this.#decode = decode;
    this.#fd = fd;
    this.#buffer = new Uint8Array(rows * header.stride);
    this.#next = from;
  }

  advance(): boolean {
    this.#at += this.#header.stride;
    if (this.#at >= this.#end && !this.#fill()) return false;
    const { key } = this;
    if (this.#started && compareKeyAt(this.#buffer, this.#at, key.length, key) <= 0)
      throw indexCorrupt('its keys are not ascending', { before: this.#next });
    for (let i = 0; i < key.length; i++) key[i] = this.#buffer[this.#at + i] ?? 0;
    this.#started = true;
    return true;
  }

  fields(): EntryFields {
    return this.#decode(this.#buffer, this.#at + this.key.length);
  }

  entry(): IndexEntry {
    return { key: this.key.slice(), ...this.fields() };
  }

  /** Reads as many entries as the buffer holds; false when there are none left. */
  #fill(): boolean {
    const { stride, count, entriesOffset } = this.#header;
    const rows = Math.min(count - this.#next, this.#buffer.length / stride);
    if (rows <= 0) return false;
    const length = rows * stride;
    const position = entriesOffset + this.#next * stride;
    readExactly(this.#fd, this.#buffer, { at: 0, length, position });
    this.#next += rows;
    this.#at = 0;
    this.#end = length;
    return true;
  }
}
