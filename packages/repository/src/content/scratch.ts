/** One buffer that is used again and again, as large as was ever needed. */
export class Scratch {
  #bytes: Uint8Array = new Uint8Array(0);

  /** At least `length` bytes, until the next call. */
  of(length: number): Uint8Array {
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length);
    return this.#bytes;
  }
}
