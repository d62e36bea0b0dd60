import { linkSync, mkdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { errnoCode, errnoException } from './errno.ts';
import { AT_FDCWD, cPath, nativeCalls, nativeError, SYS_MKNODAT } from './native.ts';
import { type NodePath, nodePath } from './path.ts';
import { type EntryKind, type FileStat, lstat, lstatIfExists } from './stat.ts';

/** Only the restorer looks into what isn't complete. */
const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;
const FILE_TYPES = { fifo: 0o010000, character: 0o020000, block: 0o060000, socket: 0o140000 };

/** An entry that is neither file, directory nor symbolic link, and can be made. */
export interface SpecialFile {
  readonly kind: keyof typeof FILE_TYPES;
  /** As `deviceNumber` makes it; 0 for what is no device. */
  readonly rdev: number;
}

/** Makes a directory for its maker's eyes only; says whether it is new. A directory that exists is left as it is;
 *  EEXIST when the name is taken by something else, a symbolic link to a directory included. */
export function makeDirectory(path: NodePath): 'created' | 'existed' {
  try {
    mkdirSync(path, PRIVATE_DIRECTORY);
    return 'created';
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST' || lstat(path).kind !== 'directory') throw error;
    return 'existed';
  }
}

/** Makes a symbolic link to the byte path `target`; with `overwrite` in place of another symbolic link. */
export function makeSymlink(target: string, path: NodePath, overwrite: boolean): void {
  createOrReplace(path, 'symlink', overwrite, () => symlinkSync(nodePath(target), path));
}

/** Makes `path` another name of the file `existing`; with `overwrite` in place of another file of its kind or a symbolic
 *  link. Does nothing when it is that already. */
export function makeHardLink(existing: NodePath, path: NodePath, overwrite: boolean): void {
  const source = lstat(existing);
  const taken = lstatIfExists(path);
  if (taken !== undefined && isSameFile(source, taken)) return;
  createOrReplace(path, source.kind, overwrite, () => linkSync(existing, path));
}

/** Makes a FIFO, the name of a socket, or a device node (EPERM for who isn't privileged); with `overwrite` in place
 *  of another of its kind or a symbolic link. */
export function makeSpecial(special: SpecialFile, path: NodePath, overwrite: boolean): void {
  const calls = nativeCalls();
  if (calls === undefined) throw errnoException('ENOTSUP', 'mknod', path.toString());
  createOrReplace(path, special.kind, overwrite, () => {
    const mode = FILE_TYPES[special.kind] | PRIVATE_FILE;
    const result = calls.mknodat(SYS_MKNODAT, AT_FDCWD, cPath(path, 'mknod'), mode, special.rdev);
    if (result !== 0) throw nativeError(calls, 'mknod', path);
  });
}

function createOrReplace(path: NodePath, kind: EntryKind, overwrite: boolean, create: () => void): void {
  try {
    create();
  } catch (error) {
    if (!overwrite || errnoCode(error) !== 'EEXIST') throw error;
    const found = lstat(path).kind;
    // A link says where something is: taking its place loses nothing that it leads to.
    if (found !== kind && found !== 'symlink') throw error;
    unlinkSync(path);
    create();
  }
}

function isSameFile(a: FileStat, b: FileStat): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}
