import { closeSync, constants, openSync } from 'node:fs';

import { openDirHandle } from '../filesystem/path.ts';
import { sparseBlockSize } from '../filesystem/sparse.ts';
import type { ThreadContext } from '../threads/thread-context.ts';
import { readParts } from './content-batch.ts';
import { writeAroundHoles } from './hole-plan.ts';
import type { RestorePartsReply, RestorePartsTask } from './tasks.ts';

/** Writes stretches of a file that exists with its full size. Throws the first error. */
export function restoreParts(context: ThreadContext, task: RestorePartsTask): RestorePartsReply {
  const directory = openDirHandle(task.directory);
  try {
    const fd = openSync(directory.child(task.name), constants.O_WRONLY | constants.O_NOFOLLOW);
    try {
      let blockSize = 0;
      writeParts(context, task, fd, () => (blockSize ||= sparseBlockSize(directory.self())));
    } finally {
      closeSync(fd);
    }
  } finally {
    directory.close();
  }
  return { kind: 'restoreParts' };
}

function writeParts(
  context: ThreadContext,
  task: RestorePartsTask,
  fd: number,
  blockSize: () => number,
): void {
  readParts(
    context,
    task.parts.map((part) => ({ part, owner: fd })),
    (_, part, bytes) => {
      writeAroundHoles(fd, bytes, part.start, task.holes, blockSize);
      context.counters.add('restoredBytes', bytes.length);
    },
    (_, error) => {
      throw error;
    },
  );
}
