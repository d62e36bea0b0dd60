import type { FileStat } from '../filesystem/stat.ts';

/** Which files are read although they look unchanged. Plain data. */
export interface Rehash {
  /** Share of all files, 0 to 100. */
  readonly percent: number;
  /** Other files are chosen with another seed, 32 bits. */
  readonly seed: number;
}

/** Whether the file is among them; the same one always is with the same seed. Source: kopia snapshot/upload/upload.go
 *  (maybeIgnoreCachedEntry). */
export function isToRehash({ percent, seed }: Rehash, { ino }: Pick<FileStat, 'ino'>): boolean {
  if (percent <= 0) return false;
  return (mixed(Number(ino & 0xffffffffn) ^ seed) / 2 ** 32) * 100 < percent;
}

/** The finalizer of MurmurHash3, which spreads neighbouring numbers evenly. */
function mixed(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
