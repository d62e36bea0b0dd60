import { type ContentSink, parseContentId, type Splitter } from '@holdfast/repository';

import type { IgnoreScope } from '../ignore/scope.ts';
import type { PolicyTree } from '../policy/tree.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import type { WorkerPool } from '../threads/worker-pool.ts';
import type { OpenDirectory } from './open-directory.ts';
import type { Rehash } from './rehash.ts';
import type { FailedEntry } from '../snapshot/summary.ts';
import type { FoundDirectory } from './tasks.ts';

/** What uploading a tree works with. */
export interface TreeUpload {
  readonly pool: WorkerPool;
  /** The repository's own, which cuts directory objects. */
  readonly splitter: Splitter;
  readonly signal: AbortSignal | undefined;
  readonly rehash: Rehash;
  /** Streams the entries of a directory of a previous snapshot. */
  readonly previousEntries: (objectId: string) => AsyncIterable<DirectoryEntry>;
  /** Told of the root directory once it is listed. */
  readonly onRootOpened: (root: OpenDirectory) => void;
  /** Told what to remember of directories for the next backup. */
  readonly onRecords: (records: Uint8Array) => void;
  /** Told of each file that was written to while it was read. */
  readonly onChanged: (path: string) => void;
  /** Told of each failure, and whether a policy says to ignore it. */
  readonly onFailure: (failure: FailedEntry, isIgnored: boolean) => void;
}

/** A directory to upload. */
export interface DirectoryToUpload {
  readonly found: FoundDirectory;
  /** Absolute path, a byte string. */
  readonly path: string;
  /** Path below the snapshot's root. */
  readonly relativePath: string;
  readonly policies: PolicyTree;
  readonly scope: IgnoreScope;
}

/** Contents of metadata, stored by workers. */
export function workerSink(pool: WorkerPool): ContentSink {
  return {
    write: async (prefix, data, compressor) => {
      const task = { kind: 'content', prefix, bytes: new Uint8Array(data), compressor } as const;
      return parseContentId((await pool.run(task, { isUrgent: true })).contentId);
    },
  };
}
