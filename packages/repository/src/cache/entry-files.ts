import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  futimesSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { parseBlobId } from '../blob/blob-id.ts';
import { errnoName } from '../blob/errno.ts';
import { totalLength } from '../blob/parts.ts';
import {
  defaultSharding,
  parseSharding,
  relativePath,
  type Sharding,
  SHARDING_FILE,
} from '../blob/sharding.ts';

/** An entry that is open for reading. */
export interface OpenEntry {
  readonly size: number;
  /** The bytes from `offset`, fewer at the end of the entry. */
  readonly read: (offset: number, length: number) => Uint8Array;
}

/** A use within this time of the one before is not recorded. Source: kopia internal/cache (DefaultTouchThreshold). */
const TOUCH_AFTER_MS = 10 * 60_000;

/** Up to this size an entry is written with synchronous calls: 16 us for 4 KiB, 110 by way of other threads. */
const SMALL_BYTES = 64 << 10;

/** Entries of one kind as files. Reading is synchronous: an entry is small or read in small ranges, and almost always in
 *  the system's memory, where a detour by way of other threads takes five times as long. */
export class EntryFiles {
  readonly directory: string;
  #sharding: Sharding | undefined;

  /** `directory` need not exist before the first write. */
  constructor(directory: string) {
    this.directory = directory;
  }

  /** Bytes of an entry with its tag; -1 when there is none. */
  sizeOf(name: string): number {
    try {
      return statSync(this.pathOf(name), { throwIfNoEntry: false })?.size ?? -1;
    } catch (error) {
      if (errnoName(error) === undefined) throw error;
      return -1;
    }
  }

  /** Calls `read` with an entry and notes that it was used; undefined when there is none, none that can be read, or
   *  `read` returned that. */
  use<T>(name: string, nowMs: number, read: (entry: OpenEntry) => T | undefined): T | undefined {
    try {
      const fd = openSync(this.pathOf(name), 'r');
      try {
        const { size, mtimeMs } = fstatSync(fd);
        const result = read({ size, read: (offset, length) => readFully(fd, offset, length) });
        if (result !== undefined && nowMs - mtimeMs >= TOUCH_AFTER_MS) touch(fd, nowMs);
        return result;
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      if (errnoName(error) === undefined) throw error;
      return undefined;
    }
  }

  /** Creates or atomically replaces an entry. Not forced to disk: what a crash leaves of it fails its check.
   *  Throws system errors. */
  async write(name: string, parts: readonly Uint8Array[]): Promise<void> {
    const target = this.pathOf(name);
    const partial = `${target}${PARTIAL_MARK}${randomBytes(8).toString('hex')}`;
    try {
      const write = totalLength(parts) <= SMALL_BYTES ? writeSmall : writeLarge;
      await inDirectory(path.dirname(target), () => write(partial, parts));
      renameSync(partial, target);
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  /** Whether there was such an entry. One that can't be removed counts as none. */
  remove(name: string): boolean {
    try {
      rmSync(this.pathOf(name));
      return true;
    } catch (error) {
      if (errnoName(error) === undefined) throw error;
      return false;
    }
  }

  pathOf(name: string): string {
    this.#sharding ??= readSharding(this.directory);
    return path.join(this.directory, relativePath(this.#sharding, parseBlobId(name)));
  }
}

/** What follows the name of an entry that is being written. */
export const PARTIAL_MARK = '.tmp.';

/** As kopia sets up its caches; one that says otherwise is obeyed. */
function readSharding(directory: string): Sharding {
  try {
    return parseSharding(readFileSync(path.join(directory, SHARDING_FILE), 'utf8'));
  } catch {
    return defaultSharding([2]);
  }
}

function readFully(fd: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(fd, bytes, done, length - done, offset + done);
    if (count === 0) return bytes.subarray(0, done);
    done += count;
  }
  return bytes;
}

function touch(fd: number, nowMs: number): void {
  try {
    futimesSync(fd, nowMs / 1000, nowMs / 1000);
  } catch {
    // It will go earlier than it might, where nothing can be written.
  }
}

async function writeLarge(file: string, parts: readonly Uint8Array[]): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    for (const part of parts) await handle.writeFile(part);
  } finally {
    await handle.close();
  }
}

function writeSmall(file: string, parts: readonly Uint8Array[]): void {
  const fd = openSync(file, 'wx', 0o600);
  try {
    writeFileSync(fd, Buffer.concat(parts));
  } finally {
    closeSync(fd);
  }
}

/** Calls `write` again where it fails for want of the directory. */
async function inDirectory(directory: string, write: () => Promise<void> | void): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (errnoName(error) !== 'ENOENT') throw error;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    await write();
  }
}
