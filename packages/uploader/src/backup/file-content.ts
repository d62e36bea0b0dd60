import { closeSync } from 'node:fs';

import {
  type ContentEncoder,
  directObjectId,
  type IndirectEntry,
  type ObjectId,
  storeParts,
} from '@holdfast/repository/worker';

import type { NodePath } from '../filesystem/path.ts';
import { fstatRegular, isUnchanged, openForReading } from '../filesystem/read.ts';
import type { FileStat } from '../filesystem/stat.ts';
import { readAround } from './read-around.ts';
import type { Hole } from '../snapshot/extra.ts';
import { encoderOf, type ThreadContext } from '../threads/thread-context.ts';

/** How a file's bytes are stored. */
export interface FileStorage {
  readonly compressor: string;
  readonly metadataCompressor: string;
  /** '' for the repository's own. */
  readonly splitter: string;
  /** Ranges that need not be read. */
  readonly holes: readonly Hole[];
}

/** What came of reading a file. */
export interface StoredFile {
  readonly objectId: ObjectId;
  /** Bytes read. */
  readonly length: number;
  /** The file was written to meanwhile: what is stored may never have existed as a whole. */
  readonly changed: boolean;
}

/** Reads a regular file, which looked like `stat` a moment ago, from its start to its end and stores it.
 *  Throws what the operating system says. */
export async function storeFile(
  context: ThreadContext,
  path: NodePath,
  stat: FileStat,
  storage: FileStorage,
): Promise<StoredFile> {
  const fd = openForReading(path);
  try {
    const parts = storeChunks(context, { fd, path, expectedSize: stat.size }, storage);
    const changed = !isUnchanged(stat, fstatRegular(fd, path));
    const [first] = parts;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (first !== undefined && parts.length === 1) return { objectId: first.objectId, length, changed };
    return { objectId: await storeList(context, parts, storage), length, changed };
  } finally {
    closeSync(fd);
  }
}

function storeChunks(
  context: ThreadContext,
  { fd, path, expectedSize }: { fd: number; path: NodePath; expectedSize: number },
  storage: FileStorage,
): IndirectEntry[] {
  const encoder = encoderOf(context);
  const splitter = context.splitter(storage.splitter);
  const { bytes } = context.chunk;
  const parts: IndirectEntry[] = [];
  let used = 0;
  let position = 0;
  let atEnd = false;
  for (;;) {
    if (!atEnd) {
      const wanted = Math.min(splitter.maxChunk - used, Math.max(expectedSize - position + 1, LEAST_READ));
      const count = readAround(storage.holes, fd, bytes.subarray(used, used + wanted), position);
      used += count;
      position += count;
      atEnd = count < wanted;
      if (position > expectedSize) fstatRegular(fd, path);
    }
    const found = splitter.nextCut(bytes.subarray(0, used), 0);
    if (found < 0 && !atEnd) continue;
    const length = found < 0 ? used : found;
    if (length > 0 || parts.length === 0)
      parts.push(storeChunk(encoder, bytes.subarray(0, length), position - used, storage));
    bytes.copyWithin(0, length, used);
    used -= length;
    if (atEnd && used === 0) return parts;
  }
}

/** Bytes asked for at least; a file that grows while it is read is followed in steps of this size. */
const LEAST_READ = 64 << 10;

function storeChunk(
  encoder: ContentEncoder,
  bytes: Uint8Array,
  start: number,
  storage: FileStorage,
): IndirectEntry {
  const id = encoder.write('', bytes, storage.compressor);
  return { start, length: bytes.length, objectId: directObjectId(id) };
}

async function storeList(
  context: ThreadContext,
  parts: readonly IndirectEntry[],
  storage: FileStorage,
): Promise<ObjectId> {
  const encoder = encoderOf(context);
  const sink = {
    write: (...args: Parameters<ContentEncoder['write']>) => Promise.resolve(encoder.write(...args)),
  };
  return await storeParts(sink, parts, {
    prefix: '',
    metadataCompressor: storage.metadataCompressor,
    listSplitter: context.splitter(''),
  });
}
