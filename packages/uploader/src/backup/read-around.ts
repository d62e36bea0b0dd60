import { readInto } from '../filesystem/read.ts';
import type { Hole } from '../snapshot/extra.ts';

/** Fills `out` from `position` of a file and returns how many bytes there were before its end. What lies in a hole is
 *  filled with zeros without asking for it. */
export function readAround(holes: readonly Hole[], fd: number, out: Uint8Array, position: number): number {
  const hole = holes.find(({ start, length }) => start <= position && position < start + length);
  if (hole === undefined) return readToHole(holes, fd, out, position);
  const length = Math.min(out.length, hole.start + hole.length - position);
  out.fill(0, 0, length);
  return length === out.length
    ? length
    : length + readAround(holes, fd, out.subarray(length), position + length);
}

function readToHole(holes: readonly Hole[], fd: number, out: Uint8Array, position: number): number {
  const next = holes.find(({ start }) => start > position)?.start ?? Infinity;
  const length = Math.min(out.length, next - position);
  const count = readInto(fd, out, 0, length, position);
  if (count < length || length === out.length) return count;
  return count + readAround(holes, fd, out.subarray(count), position + count);
}
