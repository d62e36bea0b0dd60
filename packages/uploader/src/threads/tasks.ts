import type { ContentReply, ContentTask } from '../backup/tasks.ts';
import { storeChunkOfFile } from '../backup/store-chunk.ts';
import { uploadDirectory, uploadFiles, uploadSiblings } from '../backup/upload-directory-task.ts';
import { withFetched } from '../restore/fetched-ahead.ts';
import { restoreFiles } from '../restore/restore-files-task.ts';
import { restoreParts } from '../restore/restore-parts-task.ts';
import { verifyFiles } from '../restore/verify-task.ts';
import { freeMemory } from './free-memory.ts';
import type { Reply, Task } from './protocol.ts';
import { encoderOf, type ThreadContext } from './thread-context.ts';

/** Does one task in this thread. */
export async function runTask(
  context: ThreadContext,
  task: Task,
  onCut: (nextOffset: number, atEnd: boolean) => void,
): Promise<Reply> {
  switch (task.kind) {
    case 'directory':
      return await uploadDirectory(context, task);
    case 'siblings':
      return await uploadSiblings(context, task);
    case 'files':
      return await uploadFiles(context, task);
    case 'chunk':
      return storeChunkOfFile(context, task, onCut);
    case 'content':
      return storeContent(context, task);
    case 'restoreFiles':
      return withFetched(context, task, restoreFiles);
    case 'restoreParts':
      return withFetched(context, task, restoreParts);
    case 'verify':
      return withFetched(context, task, verifyFiles);
  }
}

function storeContent(context: ThreadContext, { prefix, bytes, compressor }: ContentTask): ContentReply {
  const contentId = encoderOf(context).write(prefix, bytes, compressor);
  freeMemory(bytes);
  return { kind: 'content', contentId };
}
