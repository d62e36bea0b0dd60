import { closeSync, fstatSync, openSync } from 'node:fs';

import { type ByteSource, checkRange } from './byte-source.ts';
import { FileCursor, type IndexCursor } from './cursor.ts';
import { readIndex } from './decode.ts';
import type { IndexEntry } from './entry.ts';
import type { EntryDecoder, IndexHeader } from './header.ts';
import { compareKeyAt, HASH_HEAD_LIMIT, hashHead, MIN_KEY_FOR_HEAD } from './key.ts';
import { PAGE_BYTES, type PageCache, type PagedRegion } from './page-cache.ts';

/** Opens a decrypted index of either version that is a local file, without reading it whole. The file must not change
 *  while it is open; it may be removed. Throws INDEX_CORRUPT, or what the file system throws. */
export function openIndexFile(path: string, cache: PageCache): IndexFile {
  const fd = openSync(path, 'r');
  try {
    return new IndexFile(path, fd, cache);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** A sorted index on disk, for one thread. All calls are synchronous. */
export class IndexFile {
  readonly path: string;
  readonly #fd: number;
  readonly #cache: PageCache;
  readonly #header: IndexHeader;
  readonly #decode: EntryDecoder;
  readonly #rowsPerPage: number;
  readonly #entryPages: PagedRegion;
  /** First entry and end of the entries that share a prefix letter. */
  readonly #groups = new Map<number, { readonly first: number; readonly end: number }>();
  #open = true;
  /** Number of the entry that the last successful search ended at. */
  #foundPosition = -1;

  /** Use `openIndexFile`. */
  constructor(path: string, fd: number, cache: PageCache) {
    this.path = path;
    this.#fd = fd;
    this.#cache = cache;
    const { header, decode } = readIndex(pagedSource(fd, cache));
    this.#header = header;
    this.#decode = decode;
    this.#rowsPerPage = Math.floor(PAGE_BYTES / header.stride);
    // Pages of whole entries: none straddles two.
    const pageBytes = this.#rowsPerPage * header.stride;
    this.#entryPages = cache.region(fd, header.entriesOffset, header.tablesOffset, pageBytes);
  }

  get count(): number {
    return this.#header.count;
  }

  /** The entry of a content; undefined when there is none, or when keys here have another length. */
  find(key: Uint8Array): IndexEntry | undefined {
    const { keyLength, count } = this.#header;
    if (key.length !== keyLength || count === 0) return undefined;
    const at = this.#search(key);
    if (at < 0) return undefined;
    // The page stays while names are read: that takes four pages at most, and eight may go before the newest does.
    const fields = this.#decode(this.#cache.slab, at + keyLength);
    return { key: new Uint8Array(key), ...fields };
  }

  /** Number of a content's entry, from 0 in the order of keys; -1 when there is none. */
  position(key: Uint8Array): number {
    if (key.length !== this.#header.keyLength || this.count === 0) return -1;
    const at = this.#search(key);
    return at < 0 ? -1 : this.#foundPosition;
  }

  /** Entries from the first whose key is not before `fromKey`, which may be shorter than a key: `[letter]` is where the
   *  contents with that prefix start. `bufferBytes` is the read-ahead. */
  entries(fromKey?: Uint8Array, bufferBytes: number = 32 * 1024): IndexCursor {
    const from = fromKey === undefined ? 0 : this.#lowerBound(fromKey);
    return new FileCursor(this.#header, this.#decode, { fd: this.#fd, from, bufferBytes });
  }

  /** Cursors end too. Idempotent. */
  close(): void {
    if (this.#open) closeSync(this.#fd);
    this.#open = false;
  }

  /** Where the key with its entry lies in the cache's slab, or -1. Hashes are uniform, so the place of one among its
   *  neighbours is guessed: two or three pages are looked at where halving would take a dozen. */
  #search(key: Uint8Array): number {
    let { first, end } = this.#group(key[0] ?? 0);
    let firstHead = 0;
    let endHead = HASH_HEAD_LIMIT;
    const head = hashHead(key, 0);
    const guesses = key.length < MIN_KEY_FOR_HEAD ? 0 : MAX_GUESSES;
    for (let tries = 0; first < end; tries++) {
      const share = tries < guesses ? (head - firstHead) / (endHead - firstHead) : 0.5;
      const guess = clamp(first + Math.floor((end - first) * share), first, end - 1);
      const page = Math.floor(guess / this.#rowsPerPage);
      const low = Math.max(first, page * this.#rowsPerPage);
      const high = Math.min(end, (page + 1) * this.#rowsPerPage) - 1;
      const lowAt = this.#locate(low);
      const highAt = lowAt + (high - low) * this.#header.stride;
      if (this.#compare(lowAt, key) > 0) {
        end = low;
        endHead = hashHead(this.#cache.slab, lowAt) + 1;
      } else if (this.#compare(highAt, key) < 0) {
        first = high + 1;
        firstHead = hashHead(this.#cache.slab, highAt);
      } else return this.#searchPage(key, lowAt, low, high - low);
    }
    return -1;
  }

  /** Looks for `key` in the slab between the row at `at`, whose number is `position`, and `last` rows behind it. */
  #searchPage(key: Uint8Array, at: number, position: number, last: number): number {
    const { stride } = this.#header;
    for (let low = 0, high = last; low <= high;) {
      const middle = (low + high) >>> 1;
      const order = this.#compare(at + middle * stride, key);
      if (order === 0) {
        this.#foundPosition = position + middle;
        return at + middle * stride;
      }
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #group(letter: number): { readonly first: number; readonly end: number } {
    const known = this.#groups.get(letter);
    if (known) return known;
    const first = this.#lowerBound(Uint8Array.of(letter));
    const end = letter === 255 ? this.count : this.#lowerBound(Uint8Array.of(letter + 1));
    const group = { first, end };
    this.#groups.set(letter, group);
    return group;
  }

  /** The first entry whose key is not before `key`. */
  #lowerBound(key: Uint8Array): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#compare(this.#locate(middle), key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compare(at: number, key: Uint8Array): number {
    return compareKeyAt(this.#cache.slab, at, this.#header.keyLength, key);
  }

  #locate(entry: number): number {
    const page = Math.floor(entry / this.#rowsPerPage);
    const row = entry - page * this.#rowsPerPage;
    return this.#cache.locate(this.#entryPages, page) + row * this.#header.stride;
  }
}

/** After so many guesses the keys are not uniform, and halving is safer. */
const MAX_GUESSES = 8;

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}

function pagedSource(fd: number, cache: PageCache): ByteSource {
  const length = fstatSync(fd).size;
  const region = cache.region(fd, 0, length, PAGE_BYTES);
  return {
    length,
    read: (offset, wanted) => {
      checkRange(offset, wanted, length);
      const bytes = new Uint8Array(wanted);
      for (let done = 0; done < wanted;) {
        const within = (offset + done) % PAGE_BYTES;
        const take = Math.min(wanted - done, PAGE_BYTES - within);
        const at = cache.locate(region, Math.floor((offset + done) / PAGE_BYTES)) + within;
        bytes.set(cache.slab.subarray(at, at + take), done);
        done += take;
      }
      return bytes;
    },
  };
}
