import type { Dirent } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import path from 'node:path';
import { errnoName } from '../blob/errno.ts';
import { BLOB_SUFFIX } from '../blob/sharding.ts';
import { PARTIAL_MARK } from './entry-files.ts';

/** A file among entries. */
export interface WalkedFile {
  readonly path: string;
  readonly bytes: number;
  /** When it was last used, as far as is recorded; milliseconds since the Unix epoch. */
  readonly usedMs: number;
  /** It is being written, or was when a process ended. */
  readonly isPartial: boolean;
}

const FILES_A_STEP = 64;

/** The files of entries below `directory`, in no order, with memory for a few; none when it can't be read. Files that
 *  vanish meanwhile are left out. */
export async function* walkEntries(directory: string): AsyncGenerator<WalkedFile, void, undefined> {
  let names: string[] = [];
  for await (const entry of readableEntries(directory)) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) yield* walkEntries(file);
    else if (isEntryFile(entry.name)) names.push(file);
    if (names.length < FILES_A_STEP) continue;
    yield* await describe(names);
    names = [];
  }
  yield* await describe(names);
}

function isEntryFile(name: string): boolean {
  return name.endsWith(BLOB_SUFFIX) || name.includes(`${BLOB_SUFFIX}${PARTIAL_MARK}`);
}

async function* readableEntries(directory: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(directory);
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
  }
}

async function describe(files: readonly string[]): Promise<readonly WalkedFile[]> {
  const described = await Promise.all(files.map(describeOne));
  return described.filter((file) => file !== undefined);
}

async function describeOne(file: string): Promise<WalkedFile | undefined> {
  try {
    const { size, mtimeMs } = await lstat(file);
    return { path: file, bytes: size, usedMs: mtimeMs, isPartial: !file.endsWith(BLOB_SUFFIX) };
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
    return undefined;
  }
}
