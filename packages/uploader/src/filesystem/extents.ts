import { constants } from 'node:os';
import { nativeCalls, type NativeCalls, nativeError } from './native.ts';
import type { FileStat } from './stat.ts';

/** A part of a file that holds data: bytes from `start` up to `end`. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/** Whether a file has fewer blocks than bytes, so that looking for holes can pay.
 *  (Compressing file systems say so of files without holes.) */
export function mayHaveHoles(stat: FileStat): boolean {
  return stat.kind === 'file' && stat.blocks * 512 < stat.size;
}

/** The data of a file of `size` bytes in order, without its holes, found while iterating: about 1.5 us an extent.
 *  Where holes can't be found it is one extent. Moves the descriptor's own offset, so read by position. */
export function* dataExtents(fd: number, size: number): Generator<Extent> {
  const calls = nativeCalls();
  let at = 0;
  while (at < size) {
    const start = calls === undefined ? at : seekData(calls, fd, at, size);
    if (start >= size) return;
    const end = calls === undefined ? size : seekHole(calls, fd, start, size);
    yield { start, end };
    at = end;
  }
}

/** The ranges of a file of `size` bytes that hold no data, in order: what `dataExtents` leaves out. */
export function* holesBetween(extents: Iterable<Extent>, size: number): Generator<Extent> {
  let at = 0;
  for (const { start, end } of extents) {
    if (start > at) yield { start: at, end: start };
    at = end;
  }
  if (at < size) yield { start: at, end: size };
}

/** Where the next data begin, at most `size`. */
function seekData(calls: NativeCalls, fd: number, at: number, size: number): number {
  const start = calls.lseek(fd, at, SEEK_DATA);
  if (start >= 0) return Math.min(start, size);
  const reason = calls.errno();
  if (reason === constants.errno.ENXIO) return size;
  if (reason === constants.errno.EINVAL) return at;
  throw nativeError(calls, 'lseek');
}

/** Where the next hole begins, at most `size`. */
function seekHole(calls: NativeCalls, fd: number, start: number, size: number): number {
  const end = calls.lseek(fd, start, SEEK_HOLE);
  // Not supported, or the file has been cut off since: the rest counts as data.
  return end <= start ? size : Math.min(end, size);
}
