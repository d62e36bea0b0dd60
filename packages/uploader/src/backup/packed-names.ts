import type { ByteName } from '../snapshot/names.ts';

/** A long list of names: 12 bytes for a name of 11, where a string takes 40 and its place in an array 8. In memory that is
 *  shared, not copied, when it is sent to another thread. Each name is followed by a NUL, which no name contains. */
export interface PackedNames {
  /** Whole names each. Whoever takes the names takes the pieces out. */
  readonly pieces: Uint8Array<SharedArrayBuffer>[];
}

/** No names. */
export function noNames(): PackedNames {
  return { pieces: [] };
}

const FIRST_PIECE_BYTES = 64 << 10;
const PIECE_BYTES = 1 << 20;

/** Collects names. */
export class NamePacker {
  readonly #pieces: Uint8Array<SharedArrayBuffer>[] = [];
  #piece: Buffer<SharedArrayBuffer> = Buffer.from(new SharedArrayBuffer(FIRST_PIECE_BYTES));
  #length = 0;

  push(name: ByteName): void {
    if (this.#length + name.length + 1 > this.#piece.length) this.#begin(name.length + 1);
    this.#length += this.#piece.write(name, this.#length, 'latin1');
    this.#piece[this.#length++] = 0;
  }

  finish(): PackedNames {
    return { pieces: [...this.#pieces, this.#filled()] };
  }

  #begin(least: number): void {
    this.#pieces.push(this.#filled());
    this.#piece = Buffer.from(new SharedArrayBuffer(Math.max(PIECE_BYTES, least)));
    this.#length = 0;
  }

  #filled(): Uint8Array<SharedArrayBuffer> {
    return new Uint8Array(this.#piece.buffer, this.#piece.byteOffset, this.#length);
  }
}

/** Packs names. */
export function packNames(names: Iterable<ByteName>): PackedNames {
  const packer = new NamePacker();
  for (const name of names) packer.push(name);
  return packer.finish();
}

/** The names in order; can be iterated again. */
export function unpackNames({ pieces }: PackedNames): Iterable<ByteName> {
  return {
    *[Symbol.iterator]() {
      for (const piece of pieces) yield* namesIn(piece);
    },
  };
}

/** The names in order, once: each piece is let go of when its names are through, so that a directory of a million files does not
 *  keep 13 MB until its end. */
export function* takeNames({ pieces }: PackedNames): Generator<ByteName> {
  for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) yield* namesIn(piece);
}

function* namesIn(piece: Uint8Array<SharedArrayBuffer>): Generator<ByteName> {
  const buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  for (let at = 0; at < buffer.length;) {
    const end = buffer.indexOf(0, at);
    // Only byte names are packed.
    yield buffer.toString('latin1', at, end) as ByteName;
    at = end + 1;
  }
}

/** The names in lists of at most `length`. */
export function* slicesOf(names: Iterable<ByteName>, length: number): Generator<readonly ByteName[]> {
  let slice: ByteName[] = [];
  for (const name of names) {
    if (slice.push(name) < length) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}
