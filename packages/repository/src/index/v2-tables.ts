import { RepositoryError } from '../errors.ts';
import { type ContentFormatTuple, V2_FORMAT_BYTES, V2_PACK_BYTES } from './v2.ts';
import { writeUint32 } from './wire.ts';

const MAX_FORMATS = 255;
const MAX_PACKS = 2 ** 24;
const MAX_INDEX_BYTES = 2 ** 32;

/** The pack and format tables of an index of version 2 being written. Numbers are given in order of first use. */
export class V2Tables {
  readonly #packs = new Map<string, number>();
  readonly #formats = new Map<number, number>();
  #lastPack = { name: '', index: -1 };
  #nameBytes = 0;

  get packCount(): number {
    return this.#packs.size;
  }

  get formatCount(): number {
    return this.#formats.size;
  }

  /** Number of a pack. Throws FORMAT_UNSUPPORTED when there are more than one index can hold. */
  packIndex(name: string): number {
    // Neighbours by hash rarely share a pack, but small indexes name only one.
    if (name === this.#lastPack.name) return this.#lastPack.index;
    let index = this.#packs.get(name);
    if (index === undefined) {
      index = this.#packs.size;
      if (index >= MAX_PACKS) throw tooLarge(`${MAX_PACKS} packs`);
      this.#packs.set(name, index);
      this.#nameBytes += name.length;
    }
    this.#lastPack = { name, index };
    return index;
  }

  /** Number of a format. Throws FORMAT_UNSUPPORTED when there are more than one index can hold. */
  formatIndex(format: ContentFormatTuple): number {
    const key =
      format.compressionHeaderId * 0x1_0000 + ((format.formatVersion << 8) | format.encryptionKeyId);
    const known = this.#formats.get(key);
    if (known !== undefined) return known;
    const index = this.#formats.size;
    if (index >= MAX_FORMATS) throw tooLarge(`${MAX_FORMATS} formats`);
    this.#formats.set(key, index);
    return index;
  }

  /** Everything behind the entries: packs, formats, pack names. `tablesOffset` is where it will lie.
   *  Throws FORMAT_UNSUPPORTED when offsets would need more than 32 bits. */
  encode(tablesOffset: number): Uint8Array {
    const formatsAt = this.packCount * V2_PACK_BYTES;
    const namesAt = formatsAt + this.formatCount * V2_FORMAT_BYTES;
    if (tablesOffset + namesAt + this.#nameBytes > MAX_INDEX_BYTES) throw tooLarge('4 GiB');
    const bytes = Buffer.alloc(namesAt + this.#nameBytes);
    let nameAt = namesAt;
    for (const [name, index] of this.#packs) {
      bytes[index * V2_PACK_BYTES] = name.length;
      writeUint32(bytes, index * V2_PACK_BYTES + 1, tablesOffset + nameAt);
      nameAt += bytes.write(name, nameAt, 'latin1');
    }
    for (const [key, index] of this.#formats) {
      const at = formatsAt + index * V2_FORMAT_BYTES;
      writeUint32(bytes, at, Math.floor(key / 0x1_0000));
      bytes[at + 4] = key >>> 8;
      bytes[at + 5] = key;
    }
    return bytes;
  }
}

function tooLarge(limit: string): RepositoryError {
  return new RepositoryError('FORMAT_UNSUPPORTED', `one index can't hold more than ${limit}; write several`);
}
