import type { UploadProgress } from '../backup/progress.ts';
import type { SnapshotManifest } from '../snapshot/manifest.ts';
import type { SnapshotSource } from '../snapshot/source.ts';
import type { FailedEntry } from '../snapshot/summary.ts';

/** What to save and how. */
export interface UploadOptions {
  /** Under which name the snapshot is kept. */
  readonly source: SnapshotSource;
  /** The directory or file to read. */
  readonly path: string;
  readonly description?: string;
  /** kopia's command line puts `tag:` in front of each key. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly pins?: readonly string[];
  /** Recorded instead of the real times. */
  readonly startTimeNs?: bigint;
  readonly endTimeNs?: bigint;
  /** A stream to save as the only file of the snapshot, instead of reading `path`. */
  readonly stdin?: { readonly name: string; readonly stream: AsyncIterable<Uint8Array> };
  /** Share of the files, 0 to 100, that are read although they look unchanged. */
  readonly forceHashPercent?: number;
  /** End with an incomplete snapshot (`canceled`) at the first entry that can't be saved, unless a policy says to ignore that. */
  readonly failFast?: boolean;
  readonly workers?: number;
  /** Time between checkpoints; by default they become rarer as the upload goes on. */
  readonly checkpointIntervalMs?: number;
  /** End with an incomplete snapshot (`limit reached`) soon after more than this was stored. A source that is one file is
   *  saved as a whole. */
  readonly uploadLimitBytes?: number;
  /** Ends the upload at a checkpoint, which the next one starts from; rejects with the signal's reason. */
  readonly cancel?: AbortSignal;
  /** Find out beside the upload how much there is to save, when no complete snapshot tells. */
  readonly estimates?: boolean;
  readonly onProgress?: (progress: UploadProgress) => void;
  /** Told of each entry that can't be saved, at once. */
  readonly onFailure?: (failure: FailedEntry) => void;
}

/** What came of it. */
export interface UploadResult {
  /** What was saved, or the snapshot before when nothing has changed and the policy ignores identical ones. */
  readonly snapshot: SnapshotManifest;
  readonly isIdentical: boolean;
  readonly failedCount: number;
  /** Failures that a policy says to ignore. */
  readonly ignoredCount: number;
  /** Files that were written to while they were read. */
  readonly changedCount: number;
  /** The first hundred of them, as paths below the root. */
  readonly changed: readonly string[];
  readonly progress: UploadProgress;
}
