import { invariant } from '../errors.ts';
import type { IndexCursor } from './cursor.ts';
import type { IndexEntry } from './entry.ts';
import type { EntryFields } from './header.ts';
import { compareKeys, hashHead } from './key.ts';
import { supersedes } from './precedence.ts';

/** One cursor over what many hold: of each content the entry that wins, tombstones included. The cursors belong to the
 *  result from now on; each has yet to advance for the first time. */
export function mergeCursors(cursors: readonly IndexCursor[]): IndexCursor {
  const [only] = cursors;
  return cursors.length === 1 && only !== undefined ? only : new MergedCursor(cursors);
}

interface Source {
  readonly cursor: IndexCursor;
  /** Letter and start of the current key as one number, so that most comparisons take no loop. */
  head: number;
}

/** Keeps the sources in a heap by key; the one with the current entry is outside of it. */
class MergedCursor implements IndexCursor {
  readonly #heap: Source[] = [];
  #unstarted: readonly IndexCursor[];
  #current: Source | undefined;

  constructor(cursors: readonly IndexCursor[]) {
    this.#unstarted = cursors;
  }

  get key(): Uint8Array {
    return this.#positioned().key;
  }

  fields(): EntryFields {
    return this.#positioned().fields();
  }

  entry(): IndexEntry {
    return this.#positioned().entry();
  }

  advance(): boolean {
    for (const cursor of this.#unstarted) this.#advanceSource({ cursor, head: 0 });
    this.#unstarted = [];
    if (this.#current) this.#advanceSource(this.#current);
    this.#current = this.#pop();
    while (this.#current !== undefined && this.#nextHasKeyOf(this.#current)) {
      const rival = this.#pop();
      invariant(rival !== undefined, 'the heap had a next source');
      const rivalWins = supersedes(rival.cursor.fields(), this.#current.cursor.fields());
      this.#advanceSource(rivalWins ? this.#current : rival);
      if (rivalWins) this.#current = rival;
    }
    return this.#current !== undefined;
  }

  #positioned(): IndexCursor {
    invariant(this.#current !== undefined, 'the cursor has advanced to an entry');
    return this.#current.cursor;
  }

  #nextHasKeyOf(source: Source): boolean {
    const next = this.#heap[0];
    return next !== undefined && compareSources(next, source) === 0;
  }

  #advanceSource(source: Source): void {
    if (!source.cursor.advance()) return;
    source.head = keyHead(source.cursor.key);
    this.#push(source);
  }

  #push(source: Source): void {
    const heap = this.#heap;
    let at = heap.length;
    for (; at > 0;) {
      const parentAt = (at - 1) >>> 1;
      const parent = heap[parentAt];
      if (parent === undefined || compareSources(parent, source) <= 0) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = source;
  }

  #pop(): Source | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      const childAt = this.#smallerChild(at);
      const child = heap[childAt];
      if (child === undefined || compareSources(last, child) <= 0) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = last;
    return top;
  }

  #smallerChild(parent: number): number {
    const left = this.#heap[2 * parent + 1];
    const right = this.#heap[2 * parent + 2];
    const rightIsSmaller = left !== undefined && right !== undefined && compareSources(right, left) < 0;
    return 2 * parent + (rightIsSmaller ? 2 : 1);
  }
}

/** The letter and 40 bits of the hash, as far as a double goes. */
function keyHead(key: Uint8Array): number {
  return (key[0] ?? 0) * 2 ** 40 + Math.floor(hashHead(key, 0) / 256);
}

function compareSources(a: Source, b: Source): number {
  return a.head - b.head || compareKeys(a.cursor.key, b.cursor.key);
}
