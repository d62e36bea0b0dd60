import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { invariant } from '../errors.ts';
import { errnoName } from './errno.ts';

/** How a new file comes to be. */
export interface FileCreation {
  /** Permission bits, before the umask. */
  readonly mode: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly signal?: AbortSignal | undefined;
}

/** Parts handed to one system call: enough to keep the disk busy, few enough to notice an abort soon. */
const PARTS_A_WRITE = 64;

/** Creates or atomically replaces a file in an existing directory; the content, but not yet the name, is on disk.
 *  On failure what was there before remains and the temporary file (`<path>.tmp.<16 hex>`) is gone.
 *  Throws system errors, or the signal's reason. */
export async function replaceFile(
  path: string,
  parts: readonly Uint8Array[],
  creation: FileCreation,
): Promise<void> {
  const temporary = `${path}.tmp.${randomBytes(8).toString('hex')}`;
  const file = await open(temporary, 'wx', creation.mode);
  try {
    await fillAndClose(file, parts, creation);
    creation.signal?.throwIfAborted();
    await rename(temporary, path);
  } catch (error) {
    // The first error is the one to report; a temporary file that stays is no blob to any reader.
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/** Puts the names in a directory on disk, where the file system has a call for it. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open directories.
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } catch (error) {
    // Some network file systems refuse; they have no such thing to wait for.
    if (!['EINVAL', 'ENOTSUP'].includes(errnoName(error) ?? '')) throw error;
  } finally {
    await directory.close();
  }
}

/** Makes directories below `root`, durably. */
export interface DirectoryMaker {
  /** Makes `directory` and its missing parents, never `root` itself. Safe for concurrent use. */
  make(directory: string): Promise<void>;
  /** Resolves when `directory`, if it is being made, survives a crash: it is visible to others before that. */
  made(directory: string): Promise<void>;
}

/** Makes directories with permission bits `mode`. */
export function createDirectoryMaker(root: string, mode: number): DirectoryMaker {
  const pending = new Map<string, Promise<void>>();

  const make = (directory: string): Promise<void> => {
    if (directory === root) return Promise.resolve();
    const making = pending.get(directory) ?? makeOne(directory).finally(() => pending.delete(directory));
    pending.set(directory, making);
    return making;
  };
  const makeOne = async (directory: string): Promise<void> => {
    const parent = dirname(directory);
    await make(parent);
    try {
      await mkdir(directory, { mode });
    } catch (error) {
      if (errnoName(error) !== 'EEXIST') throw error;
    }
    await syncDirectory(parent);
  };
  return { make, made: (directory) => pending.get(directory) ?? Promise.resolve() };
}

async function fillAndClose(
  file: FileHandle,
  parts: readonly Uint8Array[],
  creation: FileCreation,
): Promise<void> {
  try {
    await writeParts(file, parts, creation.signal);
    if (creation.owner !== undefined) await file.chown(creation.owner.uid, creation.owner.gid);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeParts(
  file: FileHandle,
  parts: readonly Uint8Array[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let first = 0; first < parts.length; first += PARTS_A_WRITE) {
    let left = afterBytes(parts.slice(first, first + PARTS_A_WRITE), 0);
    while (left.length > 0) {
      signal?.throwIfAborted();
      const { bytesWritten } = await file.writev(left);
      invariant(bytesWritten > 0, 'the file system accepts no bytes and reports no error');
      left = afterBytes(left, bytesWritten);
    }
  }
}

/** What remains of `parts` after their first `count` bytes; no empty part is in front. */
function afterBytes(parts: readonly Uint8Array[], count: number): Uint8Array[] {
  let whole = 0;
  let left = count;
  for (const part of parts) {
    if (part.length > left) break;
    left -= part.length;
    whole += 1;
  }
  const [cut, ...rest] = parts.slice(whole);
  return cut === undefined ? [] : [cut.subarray(left), ...rest];
}
