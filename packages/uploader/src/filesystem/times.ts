import { futimesSync, lutimesSync } from 'node:fs';
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, cPath, nativeCalls, nativeError } from './native.ts';
import type { NodePath } from './path.ts';

const NANOSECONDS = 1_000_000_000n;
/** Two `struct timespec`: access and modification. */
const timespecs = new BigInt64Array(4);
const timespecBytes = Buffer.from(timespecs.buffer);

/** Sets access and modification time of an open file to `timeNs`: exact on Linux, elsewhere to the microsecond or so. */
export function setTimesOf(fd: number, timeNs: bigint): void {
  const calls = nativeCalls();
  if (calls === undefined) {
    futimesSync(fd, seconds(timeNs), seconds(timeNs));
    return;
  }
  if (calls.futimens(fd, timespecsOf(timeNs)) !== 0) throw nativeError(calls, 'futimens');
}

/** Like `setTimesOf` for a path; a symbolic link gets its own times. */
export function setTimesAt(path: NodePath, timeNs: bigint): void {
  const calls = nativeCalls();
  if (calls === undefined) {
    lutimesSync(path, seconds(timeNs), seconds(timeNs));
    return;
  }
  const bytes = cPath(path, 'utimensat');
  if (calls.utimensat(AT_FDCWD, bytes, timespecsOf(timeNs), AT_SYMLINK_NOFOLLOW) !== 0) {
    throw nativeError(calls, 'utimensat', path);
  }
}

/** Whole seconds rounded down, because `tv_nsec` can't be negative. */
function timespecsOf(timeNs: bigint): Buffer {
  const nanoseconds = ((timeNs % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  const wholeSeconds = (timeNs - nanoseconds) / NANOSECONDS;
  timespecs[0] = timespecs[2] = wholeSeconds;
  timespecs[1] = timespecs[3] = nanoseconds;
  return timespecBytes;
}

function seconds(timeNs: bigint): number {
  return Number(timeNs) / 1e9;
}
