import { closeSync, constants, openSync, readlinkSync, readSync } from 'node:fs';
import { errnoCode, errnoException } from './errno.ts';
import type { NodePath } from './path.ts';
import { type FileStat, fstat } from './stat.ts';

/** A regular file open for reading; whoever opened it closes `fd`. */
export interface OpenFile {
  readonly fd: number;
  /** As it was when it was opened. */
  readonly stat: FileStat;
}

/** Never follows a link, and doesn't wait for a writer should a FIFO have taken the file's place. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Leaves the access time alone. Only the owner may ask for it: after the first refusal this thread no longer does. */
let noAccessTime = process.platform === 'linux' ? constants.O_NOATIME : 0;

/** Opens a regular file for reading; EINVAL when it is something else, ELOOP when it is a symbolic link. */
export function openFile(path: NodePath): OpenFile {
  const fd = openForReading(path);
  try {
    return { fd, stat: fstatRegular(fd, path) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** What an open file is; EINVAL when it is no regular file. */
export function fstatRegular(fd: number, path: NodePath): FileStat {
  const stat = fstat(fd);
  if (stat.kind !== 'file') throw errnoException('EINVAL', 'open', path.toString());
  return stat;
}

/** Opens what was a regular file when it was last looked at. Whoever reads more than was there then must check
 *  `fstatRegular` first: a device that has taken its place may never end. ELOOP when it is a symbolic link. */
export function openForReading(path: NodePath): number {
  try {
    return openSync(path, OPEN_FLAGS | noAccessTime);
  } catch (error) {
    if (noAccessTime === 0 || errnoCode(error) !== 'EPERM') throw error;
    noAccessTime = 0;
    return openSync(path, OPEN_FLAGS);
  }
}

/** Reads `length` bytes at `position` into `buffer` at `offset`; returns how many there were before the end of the file. */
export function readInto(
  fd: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
): number {
  let done = 0;
  while (done < length) {
    const count = readSync(fd, buffer, offset + done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** Whether two looks at a file saw the same content, as far as size and times tell. */
export function isUnchanged(before: FileStat, after: FileStat): boolean {
  return (
    before.size === after.size &&
    before.mtimeNs === after.mtimeNs &&
    before.ctimeNs === after.ctimeNs &&
    before.ino === after.ino &&
    before.dev === after.dev
  );
}

/** What a symbolic link points to, as bytes. */
export function readLink(path: NodePath): string {
  return readlinkSync(path, { encoding: 'latin1' });
}
