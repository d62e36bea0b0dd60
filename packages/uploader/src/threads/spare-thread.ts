import { Worker } from 'node:worker_threads';

import { workerOptions, workerUrl } from '@holdfast/repository/threads';

import { returnFreedMemory } from './freed-memory.ts';

/** Heap limits of a thread, in MiB; what it works on lies outside. */
const OLD_GENERATION_MIB = 24;
const YOUNG_GENERATION_MIB = 2;

let spare: Worker | undefined;

/** Starts a thread ahead of time, so that it is ready when a repository has been opened. It ends with the process if
 *  nothing needs it. */
export function prepareThread(): void {
  if (spare !== undefined) return;
  const thread = startThread();
  thread.unref();
  spare = thread;
  // Whoever needs a thread starts another one then, and hears of it.
  thread.once('error', () => {
    if (spare === thread) spare = undefined;
  });
}

/** The thread that was started ahead of time, or a new one. */
export function takeThread(): Worker {
  const thread = spare ?? startThread();
  spare = undefined;
  thread.ref();
  return thread;
}

function startThread(): Worker {
  const thread = new Worker(workerUrl(import.meta.url, './worker'), {
    ...workerOptions(),
    resourceLimits: {
      maxOldGenerationSizeMb: OLD_GENERATION_MIB,
      maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB,
    },
  });
  // While the thread loads its program, and before others allocate: later it saves 200,000 small files in 50 MiB more.
  returnFreedMemory();
  return thread;
}
