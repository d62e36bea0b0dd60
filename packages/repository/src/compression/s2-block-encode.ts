import { LONGEST_TAG, writeCopy, writeLiteral, writeRepeat } from './s2-tags.ts';

const MIN_TABLE_BITS = 8;
/* The search skips 1 byte more for every 2^PATIENCE bytes without a match. */
const PATIENCE = 8;
const HASH_FACTOR = 0x9e3779b1;
const WORD = 4;
const EMPTY = -1;
/* A copy from further back takes 5 bytes. */
const FAR = 1 << 16;
const MIN_FAR_LENGTH = 8;

/** Encodes blocks of S2, in one thread. */
export class S2BlockEncoder {
  readonly #tableBits: number;
  readonly #table: Int32Array;

  /** The table of earlier positions gets up to 2^tableBits entries: the more, the better the ratio. */
  constructor(tableBits: number) {
    this.#tableBits = tableBits;
    this.#table = new Int32Array(1 << tableBits);
  }

  /** Writes the tags for `src[from, to)` to `out` from `at` on and returns where they end; -1 when they would take as many
   *  bytes as the block itself.
   *  A hash of 4 bytes leads to the last position that had it; the first match found is taken. */
  encode(src: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
    const bits = this.#clearTable(to - from);
    const table = this.#table;
    const shift = 32 - bits;
    const view = new DataView(src.buffer, src.byteOffset, src.byteLength);
    const limit = at + (to - from) - 2 * LONGEST_TAG;
    const lastWord = to - WORD;
    let written = at;
    let literalFrom = from;
    let offset = 0;
    for (let cursor = from; cursor <= lastWord;) {
      const word = view.getInt32(cursor, true);
      const slot = Math.imul(word, HASH_FACTOR) >>> shift;
      const candidate = table[slot] ?? EMPTY;
      table[slot] = cursor;
      if (candidate === EMPTY || view.getInt32(candidate, true) !== word) {
        cursor += 1 + ((cursor - literalFrom) >>> PATIENCE);
        continue;
      }
      const start = cursor - sharedBefore(src, cursor, candidate, literalFrom, from);
      const end = matchEnd(src, view, cursor + WORD, candidate + WORD, to);
      const distance = cursor - candidate;
      if (distance >= FAR && end - start < MIN_FAR_LENGTH) {
        cursor++;
        continue;
      }
      if (written + (start - literalFrom) >= limit) return -1;
      written = writeLiteral(src, literalFrom, start, out, written);
      written =
        distance === offset
          ? writeRepeat(out, written, end - start)
          : writeCopy(out, written, distance, end - start);
      offset = distance;
      literalFrom = end;
      cursor = end;
      if (end <= lastWord) table[Math.imul(view.getInt32(end - 2, true), HASH_FACTOR) >>> shift] = end - 2;
    }
    if (written + (to - literalFrom) >= limit) return -1;
    return writeLiteral(src, literalFrom, to, out, written);
  }

  /* A small block gets a small table: clearing is most of its cost. */
  #clearTable(blockLength: number): number {
    const bits = Math.max(MIN_TABLE_BITS, Math.min(this.#tableBits, 32 - Math.clz32(blockLength)));
    this.#table.fill(EMPTY, 0, 1 << bits);
    return bits;
  }
}

/* How many bytes before `a` and `b` are equal, without going below their floors. */
function sharedBefore(src: Uint8Array, a: number, b: number, floorA: number, floorB: number): number {
  const most = Math.min(a - floorA, b - floorB);
  let shared = 0;
  while (shared < most && src[a - shared - 1] === src[b - shared - 1]) shared++;
  return shared;
}

/* Where the run of bytes at `a` that equals the one at `b` ends. */
function matchEnd(src: Uint8Array, view: DataView, a: number, b: number, to: number): number {
  const distance = a - b;
  let at = a;
  while (at + WORD <= to && view.getInt32(at, true) === view.getInt32(at - distance, true)) at += WORD;
  while (at < to && src[at] === src[at - distance]) at++;
  return at;
}
