import { closeSync } from 'node:fs';

import { openDirHandle } from '../filesystem/path.ts';
import { fstatRegular, openFile } from '../filesystem/read.ts';
import { encoderOf, type ThreadContext } from '../threads/thread-context.ts';
import { readAround } from './read-around.ts';
import { isSameFile } from './file-identity.ts';
import type { ChunkReply, ChunkTask } from './tasks.ts';

/** Bytes read at a time while the cut is not found yet: most chunks end soon after the smallest size, and what is read
 *  beyond the cut is read again for the next chunk. */
const READ_STEP = 1 << 20;

/** Stores one chunk of a large file. As soon as the cut is found `onCut` tells where the next chunk starts, so that
 *  another thread goes on there while this one hashes and encrypts. */
export function storeChunkOfFile(
  context: ThreadContext,
  task: ChunkTask,
  onCut: (nextOffset: number, atEnd: boolean) => void,
): ChunkReply {
  const directory = openDirHandle(task.directory);
  try {
    const path = directory.child(task.name);
    const { fd } = openFile(path);
    try {
      const chunk = readChunk(context, fd, task);
      const stat = fstatRegular(fd, path);
      onCut(task.offset + chunk.length, chunk.atEnd);
      const contentId = encoderOf(context).write(
        '',
        context.chunk.bytes.subarray(0, chunk.length),
        task.compressor,
      );
      context.counters.add('hashedBytes', chunk.length);
      return {
        kind: 'chunk',
        contentId,
        length: chunk.length,
        changed: !isSameFile(task.identity, stat),
      };
    } finally {
      closeSync(fd);
    }
  } finally {
    directory.close();
  }
}

function readChunk(
  context: ThreadContext,
  fd: number,
  { offset, limit, splitter: name, holes }: ChunkTask,
): { readonly length: number; readonly atEnd: boolean } {
  const splitter = context.splitter(name);
  const { bytes } = context.chunk;
  let used = 0;
  for (;;) {
    const room = Math.min(splitter.maxChunk, limit - offset) - used;
    const wanted = Math.min(room, used === 0 ? splitter.minChunk + READ_STEP : READ_STEP);
    const count = readAround(holes, fd, bytes.subarray(used, used + wanted), offset + used);
    used += count;
    const found = splitter.nextCut(bytes.subarray(0, used), 0);
    if (found >= 0) return { length: found, atEnd: false };
    if (count < wanted || used === limit - offset) return { length: used, atEnd: true };
  }
}
