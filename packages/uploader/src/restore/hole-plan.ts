import { writeSparse } from '../filesystem/sparse.ts';
import { writeAt } from '../filesystem/write.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import type { HolePlan } from './tasks.ts';

/** How the holes of a file come back. A snapshot that doesn't record them leaves blocks of zeros to go by. */
export function holePlan(
  { extra, size }: DirectoryEntry,
  options: { readonly sparse: boolean; readonly holesAreRecorded: boolean },
): HolePlan {
  if (!options.sparse) return 'none';
  const holes = extra?.holes;
  if (holes === undefined) return options.holesAreRecorded || size < SMALLEST_BLOCK ? 'none' : 'zeros';
  return holes.length === 0 ? 'zeros' : holes;
}

/** The block size of the smallest file systems' pages: nothing smaller is worth looking for. */
const SMALLEST_BLOCK = 4096;

/** Writes `bytes` at `position` except for holes. The file must be new, and gets its size at the end. */
export function writeAroundHoles(
  fd: number,
  bytes: Uint8Array,
  position: number,
  plan: HolePlan,
  blockSize: () => number,
): void {
  if (plan === 'none') return writeAt(fd, bytes, position);
  if (plan === 'zeros')
    return writeSparse(fd, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), position, blockSize());
  const end = position + bytes.length;
  let at = position;
  for (const { start, length } of plan) {
    if (start + length <= at) continue;
    if (start >= end) break;
    if (start > at) writeAt(fd, bytes.subarray(at - position, start - position), at);
    at = Math.min(end, start + length);
  }
  if (at < end) writeAt(fd, bytes.subarray(at - position), at);
}
