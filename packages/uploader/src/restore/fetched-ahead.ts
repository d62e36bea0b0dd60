import type { FetchedContents } from '@holdfast/repository/worker';

import { packError, unpackError } from '../threads/thread-error.ts';
import type { ThreadContext } from '../threads/thread-context.ts';
import type { FetchedAhead } from './tasks.ts';

/** What was fetched, as it can be sent to a thread. */
export function packFetched({ memory, ranges, failures }: FetchedContents): FetchedAhead {
  return { memory, ranges, failures: failures.map((each) => ({ ...each, error: packError(each.error) })) };
}

/** Does a task with what was fetched for it at hand. */
export function withFetched<T extends { readonly fetched?: FetchedAhead }, R>(
  context: ThreadContext,
  task: T,
  run: (context: ThreadContext, task: T) => R,
): R {
  context.packs.use(task.fetched && unpackFetched(task.fetched));
  try {
    return run(context, task);
  } finally {
    context.packs.use(undefined);
  }
}

function unpackFetched({ memory, ranges, failures }: FetchedAhead): FetchedContents {
  return { memory, ranges, failures: failures.map((each) => ({ ...each, error: unpackError(each.error) })) };
}
