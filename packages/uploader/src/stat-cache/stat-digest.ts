import { createHash } from 'node:crypto';
import type { FileStat } from '../filesystem/stat.ts';
import type { ByteName } from '../snapshot/names.ts';

/** Bytes of a digest that are kept. */
export const DIGEST_BYTES = 16;

const NUMBERS = 14;
const SEPARATOR = 0;
const USUAL_ENTRIES = 64;
const USUAL_NAME = 32;

/** Takes in what the file system says of files and symbolic links of one directory, one after the other, and makes a digest of
 *  it: whatever is done to one of them changes its ctime at least. The time of the last access is left out. */
export class StatDigest {
  #numbers = new Float64Array(USUAL_ENTRIES * NUMBERS);
  #names: Buffer = Buffer.allocUnsafeSlow(USUAL_ENTRIES * USUAL_NAME);
  #count = 0;
  #namesLength = 0;
  #latestChange = -Infinity;

  /** Seconds since 1970 of the latest ctime taken in. */
  get latestChange(): number {
    return this.#latestChange;
  }

  clear(): void {
    this.#count = 0;
    this.#namesLength = 0;
    this.#latestChange = -Infinity;
  }

  add(name: ByteName, stat: FileStat): void {
    this.#reserve(name.length + 1);
    this.#namesLength += this.#names.write(name, this.#namesLength, 'latin1');
    this.#names[this.#namesLength++] = SEPARATOR;
    const at = this.#count++ * NUMBERS;
    const numbers = this.#numbers;
    numbers[at] = stat.kind === 'symlink' ? 1 : 0;
    numbers[at + 1] = stat.mode;
    numbers[at + 2] = stat.uid;
    numbers[at + 3] = stat.gid;
    numbers[at + 4] = stat.size;
    numbers[at + 5] = stat.blocks;
    numbers[at + 6] = stat.mtimeSeconds;
    numbers[at + 7] = stat.mtimeNanos;
    numbers[at + 8] = stat.ctimeSeconds;
    numbers[at + 9] = stat.ctimeNanos;
    // A volume comes with another number each time that it is attached, which only the names of hard links depend on.
    numbers[at + 10] = stat.nlink > 1 ? stat.dev : 0;
    numbers[at + 11] = stat.inoHigh;
    numbers[at + 12] = stat.inoLow;
    numbers[at + 13] = stat.nlink;
    if (stat.ctimeSeconds > this.#latestChange) this.#latestChange = stat.ctimeSeconds;
  }

  /** The digest of what was taken in since `clear`, together with `others`. */
  digest(...others: readonly Uint8Array[]): Uint8Array {
    const numbers = new Uint8Array(this.#numbers.buffer, 0, this.#count * NUMBERS * 8);
    const pieces = [numbers, this.#names.subarray(0, this.#namesLength), ...others];
    const hash = createHash('sha256').update(Uint32Array.from(pieces, ({ length }) => length));
    for (const piece of pieces) hash.update(piece);
    return hash.digest().subarray(0, DIGEST_BYTES);
  }

  #reserve(nameBytes: number): void {
    if ((this.#count + 1) * NUMBERS > this.#numbers.length) {
      const grown = new Float64Array(this.#numbers.length * 2);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    const needed = this.#namesLength + nameBytes;
    if (needed <= this.#names.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#names.length * 2));
    this.#names.copy(grown, 0, 0, this.#namesLength);
    this.#names = grown;
  }
}
