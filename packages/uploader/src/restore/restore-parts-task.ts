import { closeSync, constants, openSync } from 'node:fs';

import { openDirHandle } from '../filesystem/path.ts';
import { sparseBlockSize, writeSparse } from '../filesystem/sparse.ts';
import { writeAt } from '../filesystem/write.ts';
import { type ThreadContext } from '../threads/thread-context.ts';
import { readParts } from './content-batch.ts';
import { type RestorePartsReply, type RestorePartsTask } from './tasks.ts';

/** Writes stretches of a file that exists with its full size. Throws the first error. */
export function restoreParts(context: ThreadContext, task: RestorePartsTask): RestorePartsReply {
  const directory = openDirHandle(task.directory);
  try {
    const fd = openSync(directory.child(task.name), constants.O_WRONLY | constants.O_NOFOLLOW);
    try {
      const blockSize = task.sparse ? sparseBlockSize(directory.self()) : 0;
      writeParts(context, task, fd, blockSize);
    } finally {
      closeSync(fd);
    }
  } finally {
    directory.close();
  }
  return { kind: 'restoreParts' };
}

function writeParts(context: ThreadContext, task: RestorePartsTask, fd: number, blockSize: number): void {
  readParts(
    context,
    task.parts.map((part) => ({ part, owner: fd })),
    (_, part, bytes) => {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      if (blockSize > 0) writeSparse(fd, buffer, part.start, blockSize);
      else writeAt(fd, buffer, part.start);
      context.counters.add('restoredBytes', bytes.length);
    },
    (_, error) => {
      throw error;
    },
  );
}
