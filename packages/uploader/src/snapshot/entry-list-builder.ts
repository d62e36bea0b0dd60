import { type DirectoryEntry, encodeEntry } from './entry.ts';

/** Most directories are small, and there are many: memory this small comes out of Node's pool. */
const INITIAL_SIZE = 2048;
const COMMA = 0x2c;

/** Collects entries as the comma-separated JSON that stands between the brackets of a directory object.
 *  Lists built apart, in any thread, join with a comma. */
export class EntryListBuilder {
  #bytes: Buffer = Buffer.allocUnsafe(INITIAL_SIZE);
  #length = 0;

  /** Bytes collected since the last `take`. */
  get length(): number {
    return this.#length;
  }

  append(entry: DirectoryEntry): void {
    const json = encodeEntry(entry);
    this.#separate(json.length);
    this.#length += this.#bytes.write(json, this.#length, 'latin1');
  }

  /** Appends entries, one or several with commas between them, from `source`, where they are encoded already. */
  appendEncoded(source: Buffer, from: number, to: number): void {
    this.#separate(to - from);
    this.#length += source.copy(this.#bytes, this.#length, from, to);
  }

  /** The bytes collected so far, as a copy that the caller owns; the builder starts anew. */
  take(): Uint8Array<ArrayBuffer> {
    const list = new Uint8Array(this.#length);
    list.set(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    return list;
  }

  /** Makes room for `more` bytes behind a comma. */
  #separate(more: number): void {
    this.#reserve(more + 1);
    if (this.#length > 0) this.#bytes[this.#length++] = COMMA;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
