import type { MessagePort } from 'node:worker_threads';

import type { ContentFormat, Handoff, StoredPlace, WriterMemory } from '@holdfast/repository/worker';

import type { BackupReply, BackupTask } from '../backup/tasks.ts';
import type { RestoreReply, RestoreTask } from '../restore/tasks.ts';

/** Work for a worker thread. */
export type Task = BackupTask | RestoreTask;

/** What a worker answers to a task. */
export type Reply = BackupReply | RestoreReply;

/** Main thread to worker; messages are handled one after the other. */
export type ToWorker =
  /** Comes first, once. */
  | { readonly type: 'start'; readonly start: WorkerStart }
  | { readonly type: 'task'; readonly id: number; readonly task: Task }
  | { readonly type: 'indexFiles'; readonly paths: readonly string[] }
  /** Hand over all segments, however little they hold. */
  | { readonly type: 'handOver'; readonly id: number }
  /** Comes last: end the thread. */
  | { readonly type: 'end' };

/** Worker to main thread. */
export type FromWorker =
  /** The worker has started: what it is given from now on is done at once. */
  | { readonly type: 'ready' }
  | { readonly type: 'reply'; readonly id: number; readonly reply: Reply }
  | { readonly type: 'failed'; readonly id: number; readonly error: ThreadError }
  /** The task was left as asked, with nothing done of it. */
  | { readonly type: 'givenUp'; readonly id: number }
  | { readonly type: 'handedOver'; readonly id: number }
  /** The start of a large file's next chunk is known; the chunk of this task is still being worked on. */
  | { readonly type: 'nextChunk'; readonly id: number; readonly offset: number; readonly atEnd: boolean }
  | { readonly type: 'handoff'; readonly handoff: Handoff }
  /** The worker waits for a free segment. */
  | { readonly type: 'starved' };

/** What a worker asks for: the path of a pack's file, or bytes of a pack. */
export type PackQuestion =
  | { readonly kind: 'path'; readonly packBlobId: string }
  | { readonly kind: 'bytes'; readonly packBlobId: string; readonly offset: number; readonly length: number }
  | { readonly kind: 'reread'; readonly place: StoredPlace };

/** What it is answered. */
export type PackAnswer =
  | { readonly kind: 'path'; readonly path: string | undefined }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'reread'; readonly bytes: Uint8Array | undefined }
  | { readonly kind: 'failed'; readonly error: ThreadError };

/** An error on its way between threads: class and code survive, which structured clones would drop. */
export interface ThreadError {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  /** Set on errors of the operating system. */
  readonly syscall: string | undefined;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
  readonly stack: string | undefined;
}

/** What a worker thread is started with. Holds secrets: only sent to threads. */
export interface WorkerStart {
  readonly format: ContentFormat;
  /** Largest chunk of any splitter in use, in bytes. */
  readonly maxChunk: number;
  readonly indexFiles: readonly string[];
  readonly indexPageBytes: number;
  /** Undefined in a process that only reads. */
  readonly writer: WriterMemory | undefined;
  /** Every pack is a local file. */
  readonly packsAreLocal: boolean;
  /** Connection on which the worker asks for packs. */
  readonly packPort: MessagePort;
  readonly packSignal: SharedArrayBuffer;
  /** Path of what the backup before has left of the same tree (`stat-cache/`); undefined for what saves no tree. */
  readonly statTable: string | undefined;
  /** See `giving-up.ts`. */
  readonly giveUp: SharedArrayBuffer;
  /** See `counters.ts`. */
  readonly counters: SharedArrayBuffer;
  readonly workerNumber: number;
}
