import type { ByteName } from '../snapshot/names.ts';

/** A long list of names in one buffer: 12 bytes for a name of 11, where a string takes 40 and its place in an array 8.
 *  Plain data. Each name is followed by a NUL, which no name contains. */
export interface PackedNames {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** No names. */
export const NO_NAMES: PackedNames = { bytes: new Uint8Array(0) };

/** Collects names. */
export class NamePacker {
  #bytes: Buffer<ArrayBuffer> = Buffer.alloc(64 << 10);
  #length = 0;

  push(name: ByteName): void {
    const needed = this.#length + name.length + 1;
    if (needed > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(needed, Math.ceil(this.#bytes.length * 1.5)));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#length += this.#bytes.write(name, this.#length, 'latin1');
    this.#bytes[this.#length++] = 0;
  }

  finish(): PackedNames {
    return { bytes: new Uint8Array(this.#bytes.subarray(0, this.#length)) };
  }
}

/** Packs names. */
export function packNames(names: readonly ByteName[]): PackedNames {
  const packer = new NamePacker();
  for (const name of names) packer.push(name);
  return packer.finish();
}

/** The names in order; can be iterated again. */
export function unpackNames({ bytes }: PackedNames): Iterable<ByteName> {
  return {
    *[Symbol.iterator]() {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let at = 0; at < buffer.length;) {
        const end = buffer.indexOf(0, at);
        // Only byte names are packed.
        yield buffer.toString('latin1', at, end) as ByteName;
        at = end + 1;
      }
    },
  };
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
