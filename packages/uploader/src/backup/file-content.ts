import { closeSync } from 'node:fs';

import { type ContentSink, directObjectId, type ObjectId, PartsWriter } from '@holdfast/repository/worker';

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
    const stored = await storeChunks(context, { fd, path, expectedSize: stat.size }, storage);
    return { ...stored, changed: !isUnchanged(stat, fstatRegular(fd, path)) };
  } finally {
    closeSync(fd);
  }
}

async function storeChunks(
  context: ThreadContext,
  { fd, path, expectedSize }: { fd: number; path: NodePath; expectedSize: number },
  storage: FileStorage,
): Promise<Pick<StoredFile, 'objectId' | 'length'>> {
  const encoder = encoderOf(context);
  const splitter = context.splitter(storage.splitter);
  const { bytes } = context.chunk;
  const parts = partsWriter(context, storage);
  let used = 0;
  let position = 0;
  let atEnd = false;
  for (;;) {
    if (!atEnd) {
      const wanted = Math.min(
        splitter.maxChunk - used,
        Math.max(expectedSize - position + 1, LEAST_READ, used),
      );
      const count = readAround(storage.holes, fd, bytes.subarray(used, used + wanted), position);
      used += count;
      position += count;
      atEnd = count < wanted;
      if (position > expectedSize) fstatRegular(fd, path);
    }
    const found = splitter.nextCut(bytes.subarray(0, used), 0);
    if (found < 0 && !atEnd) continue;
    const length = found < 0 ? used : found;
    if (length > 0 || parts.count === 0) {
      const id = encoder.write('', bytes.subarray(0, length), storage.compressor);
      await parts.add({ start: position - used, length, objectId: directObjectId(id) });
    }
    bytes.copyWithin(0, length, used);
    used -= length;
    if (atEnd && used === 0) return { objectId: await parts.finish(), length: position };
    // What is no longer than it was said to be ends soon.
    if (position > expectedSize) context.throwIfToGiveUp();
  }
}

/** Bytes asked for at least. A file that grows while it is read is followed in steps of this size, or of what waits for a cut,
 *  so that it is not searched for one again and again. */
const LEAST_READ = 64 << 10;

function partsWriter(context: ThreadContext, { metadataCompressor }: FileStorage): PartsWriter {
  const encoder = encoderOf(context);
  const sink: ContentSink = { write: (...content) => Promise.resolve(encoder.write(...content)) };
  return new PartsWriter(sink, { prefix: '', metadataCompressor, listSplitter: context.splitter('') });
}
