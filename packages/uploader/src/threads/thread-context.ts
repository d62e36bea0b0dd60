import {
  type ContentCrypto,
  type ContentEncoder,
  type ContentId,
  type IndexFiles,
  invariant,
  readLocalContent,
  type Splitter,
  type ThreadPacks,
} from '@holdfast/repository/worker';

import type { DirectoryStats } from '../stat-cache/directory-stats.ts';
import type { ChunkBuffer } from './chunk-buffer.ts';
import type { WorkerCounters } from './counters.ts';

/** Everything one worker thread works with. */
export interface ThreadContext {
  readonly crypto: ContentCrypto;
  readonly files: IndexFiles;
  readonly packs: ThreadPacks;
  /** Undefined in a process that only reads. */
  readonly encoder: ContentEncoder | undefined;
  readonly chunk: ChunkBuffer;
  /** The splitter of that name, '' for the repository's own. */
  readonly splitter: (name: string) => Splitter;
  readonly counters: WorkerCounters;
  /** Undefined in a process that saves no tree, or can't remember it. */
  readonly stats?: DirectoryStats | undefined;
  /** To be called now and then by what may take minutes. */
  readonly throwIfToGiveUp: () => void;
  /** Room for stored bytes as they come from a pack; valid until the next call. */
  readonly stored: (length: number) => Uint8Array;
  /** Room for decrypted bytes. */
  readonly plain: Uint8Array;
}

/** The encoder of a thread that was started for writing. */
export function encoderOf(context: ThreadContext): ContentEncoder {
  invariant(context.encoder !== undefined, 'this thread was started for reading only');
  return context.encoder;
}

/** Reads a content in this thread. */
export function readContent(context: ThreadContext, id: ContentId): Uint8Array {
  return readLocalContent(id, context);
}
