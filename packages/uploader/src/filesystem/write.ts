import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  ftruncateSync,
  linkSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { errnoCode, errnoException, tolerate } from './errno.ts';
import type { DirHandle, NodePath } from './path.ts';
import { fstat } from './stat.ts';

/** How a file comes into being. */
export interface CreateOptions {
  /** Permission bits while it is written, see `creationMode`; the umask takes its part. */
  readonly mode: number;
  /** Whether the content of an existing regular file, or a symbolic link itself, may be replaced; without it EEXIST. */
  readonly overwrite: boolean;
  /** An existing file that is overwritten in place keeps its permissions. */
  readonly keepsMode?: boolean;
}

/** A file under a name of its own until it is complete. */
export interface TemporaryFile {
  readonly fd: number;
  readonly path: NodePath;
}

const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const REOPEN_FLAGS = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Opens an empty regular file for writing and returns its descriptor; never writes through a link, but takes its place.
 *  An existing file that has other names is replaced by a new one, so that those keep their content. */
export function createFile(path: NodePath, options: CreateOptions): number {
  try {
    return openSync(path, CREATE_FLAGS, options.mode);
  } catch (error) {
    if (!options.overwrite || errnoCode(error) !== 'EEXIST') throw error;
  }
  return openExisting(path, options) ?? replace(path, options.mode);
}

/** Undefined for what is to be replaced as a whole. */
function openExisting(path: NodePath, options: CreateOptions): number | undefined {
  const fd = tolerate(['ELOOP'], () => openSync(path, REOPEN_FLAGS));
  if (fd === undefined) return undefined;
  let isReused = false;
  try {
    isReused = emptyExisting(fd, path, options);
  } finally {
    if (!isReused) closeSync(fd);
  }
  return isReused ? fd : undefined;
}

function replace(path: NodePath, mode: number): number {
  unlinkSync(path);
  return openSync(path, CREATE_FLAGS, mode);
}

/** Empties an open file and, unless it keeps its mode, takes away permissions that the new content may not grant; false if
 *  it has other names. */
function emptyExisting(fd: number, path: NodePath, { mode, keepsMode }: CreateOptions): boolean {
  const { kind, nlink, mode: oldMode } = fstat(fd);
  if (kind !== 'file') throw errnoException('EEXIST', 'open', path.toString());
  if (nlink > 1) return false;
  if (keepsMode !== true && (oldMode & ~mode) !== 0)
    tolerate(['EPERM'], () => fchmodSync(fd, oldMode & mode));
  ftruncateSync(fd, 0);
  return true;
}

/** Creates a file under a new, short name in `dir`, to be given its real name by `moveIntoPlace`. */
export function createTemporary(dir: DirHandle, mode: number): TemporaryFile {
  const path = dir.child(`.holdfast-${randomBytes(8).toString('hex')}.tmp`);
  return { fd: openSync(path, CREATE_FLAGS, mode), path };
}

/** Gives a complete temporary file its name in one step, or removes it and throws (EEXIST unless `overwrite`).
 *  Closing its descriptor is the caller's, before or after. */
export function moveIntoPlace(temporary: TemporaryFile, path: NodePath, overwrite: boolean): void {
  try {
    if (overwrite) {
      renameSync(temporary.path, path);
    } else {
      linkSync(temporary.path, path);
      unlinkSync(temporary.path);
    }
  } catch (error) {
    tolerate(['ENOENT'], () => unlinkSync(temporary.path));
    throw error;
  }
}

/** Writes all of `bytes` at `position`. */
export function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

/** Makes the file `size` bytes long; what was not written reads as zeros. */
export function setSize(fd: number, size: number): void {
  ftruncateSync(fd, size);
}
