import { readSync } from 'node:fs';

import { indexCorrupt } from './header.ts';

/** A part of an open file, cut into pages. */
export interface PagedRegion {
  /** Unique in its cache. */
  readonly id: number;
  readonly fd: number;
  /** Bytes from the start of the file. */
  readonly start: number;
  readonly end: number;
  /** Bytes of a page, all but the last one. */
  readonly pageBytes: number;
}

/** Pages of files, at most `bytes` of them, the least recently used going first. For one thread and any number of
 *  files. Set-associative: a page has eight places where it can be, so that finding and replacing are short loops
 *  without allocation. */
export class PageCache {
  /** Where pages lie; `locate` says where. */
  readonly slab: Uint8Array;
  readonly #sets: number;
  readonly #regions: Int32Array;
  readonly #pages: Int32Array;
  readonly #lastUse: Float64Array;
  #clock = 0;
  #nextRegion = 1;

  constructor(bytes: number) {
    this.#sets = Math.max(1, Math.floor(bytes / (PAGE_BYTES * WAYS)));
    const slots = this.#sets * WAYS;
    this.slab = new Uint8Array(slots * PAGE_BYTES);
    this.#regions = new Int32Array(slots);
    this.#pages = new Int32Array(slots);
    this.#lastUse = new Float64Array(slots);
  }

  /** Declares a part of a file; pages are at most `PAGE_BYTES` long. When the file is closed its pages age out. */
  region(fd: number, start: number, end: number, pageBytes: number): PagedRegion {
    return { id: this.#nextRegion++, fd, start, end, pageBytes };
  }

  /** Where in `slab` the page is; valid until the next call. Throws INDEX_CORRUPT when the file has become shorter. */
  locate(region: PagedRegion, page: number): number {
    const hash = Math.imul(region.id, 0x9e3779b1) + Math.imul(page, 0x85ebca6b);
    const first = (((hash ^ (hash >>> 15)) >>> 0) % this.#sets) * WAYS;
    let victim = first;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.#regions[slot] === region.id && this.#pages[slot] === page) {
        this.#lastUse[slot] = ++this.#clock;
        return slot * PAGE_BYTES;
      }
      if ((this.#lastUse[slot] ?? 0) < (this.#lastUse[victim] ?? 0)) victim = slot;
    }
    this.#load(region, page, victim);
    return victim * PAGE_BYTES;
  }

  #load(region: PagedRegion, page: number, slot: number): void {
    this.#regions[slot] = 0;
    const position = region.start + page * region.pageBytes;
    const length = Math.min(region.pageBytes, region.end - position);
    readExactly(region.fd, this.slab, { at: slot * PAGE_BYTES, length, position });
    this.#regions[slot] = region.id;
    this.#pages[slot] = page;
    this.#lastUse[slot] = ++this.#clock;
  }
}

/** Largest page. */
export const PAGE_BYTES = 4096;
const WAYS = 8;

/** Reads `length` bytes at `position` of the file to `into[at]`. Throws INDEX_CORRUPT when the file ends before. */
export function readExactly(
  fd: number,
  into: Uint8Array,
  { at, length, position }: { readonly at: number; readonly length: number; readonly position: number },
): void {
  for (let done = 0; done < length;) {
    const read = readSync(fd, into, at + done, length - done, position + done);
    if (read === 0) throw indexCorrupt('the file has become shorter', { offset: position + done });
    done += read;
  }
}
