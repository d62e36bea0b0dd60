import type { FailedEntry } from '../snapshot/summary.ts';
import type { ThreadContext } from '../threads/thread-context.ts';
import { readParts } from './content-batch.ts';
import type { VerifyReply, VerifyTask } from './tasks.ts';

/** Reads the contents of files, which checks their encryption tags and lengths. */
export function verifyFiles(context: ThreadContext, task: VerifyTask): VerifyReply {
  const failed = new Map<string, FailedEntry>();
  readParts(
    context,
    task.files.flatMap(({ path, parts }) => parts.map((part) => ({ part, owner: path }))),
    (_, __, bytes) => context.counters.add('restoredBytes', bytes.length),
    (path, error) => {
      if (!failed.has(path)) failed.set(path, { path, error: messageOf(error) });
    },
  );
  context.counters.add('restoredFiles', task.files.length - failed.size);
  context.counters.add('failedFiles', failed.size);
  return { kind: 'verify', failed: [...failed.values()] };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
