import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { errnoName } from '../blob/errno.ts';

/** Where one process keeps local files of a repository. */
export interface CacheDirectory extends Disposable {
  readonly path: string;
  /** It stays when this is disposed of. */
  readonly isLasting: boolean;
}

/** The directory at `wanted`, made when missing; a temporary one where nothing can be written there, so that a cache that
 *  can't be used costs time only. Throws system errors when there is no temporary directory either. */
export function openCacheDirectory(wanted: string): CacheDirectory {
  try {
    const made = mkdirSync(wanted, { recursive: true, mode: 0o700 });
    // Only in a directory of our own: the mark on somebody's home would keep it out of every backup.
    if (made !== undefined) writeFileSync(path.join(wanted, 'CACHEDIR.TAG'), CACHE_TAG, { mode: 0o600 });
    accessSync(wanted, constants.R_OK | constants.W_OK | constants.X_OK);
    return { path: wanted, isLasting: true, [Symbol.dispose]: () => undefined };
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    return temporaryCacheDirectory();
  }
}

/** An empty directory that goes when it is disposed of. */
export function temporaryCacheDirectory(): CacheDirectory {
  const directory = mkdtempSync(path.join(tmpdir(), 'holdfast-cache-'));
  return {
    path: directory,
    isLasting: false,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Whether that says that a file can't be written there, whatever is tried. */
export function isUnwritable(error: unknown): boolean {
  return UNWRITABLE.has(errnoName(error) ?? '');
}

const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EEXIST']);

/** Keeps programs that know the convention from backing up or indexing what is in there (https://bford.info/cachedir/). */
const CACHE_TAG = `Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag created by Holdfast.
# For information about cache directory tags, see https://bford.info/cachedir/
`;
