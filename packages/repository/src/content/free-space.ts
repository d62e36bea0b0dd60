/** Which parts of some memory are free: the first that is large enough is taken, what is given back joins its neighbours.
 *  Holds offsets only. */
export class FreeSpace {
  /** By offset; no two touch. */
  readonly #gaps: { offset: number; length: number }[];

  constructor(size: number) {
    this.#gaps = size > 0 ? [{ offset: 0, length: size }] : [];
  }

  /** Offset of `length` bytes, which are the caller's from now on; -1 when there is no such gap. */
  take(length: number): number {
    const index = this.#gaps.findIndex((gap) => gap.length >= length);
    const gap = this.#gaps[index];
    if (gap === undefined) return -1;
    const { offset } = gap;
    gap.offset += length;
    gap.length -= length;
    if (gap.length === 0) this.#gaps.splice(index, 1);
    return offset;
  }

  /** Gives back what `take` returned. */
  give(offset: number, length: number): void {
    const at = this.#gaps.findIndex((gap) => gap.offset > offset);
    const index = at < 0 ? this.#gaps.length : at;
    this.#gaps.splice(index, 0, { offset, length });
    this.#join(index);
    this.#join(index - 1);
  }

  #join(index: number): void {
    const [left, right] = [this.#gaps[index], this.#gaps[index + 1]];
    if (left === undefined || right === undefined || left.offset + left.length < right.offset) return;
    left.length += right.length;
    this.#gaps.splice(index + 1, 1);
  }
}
