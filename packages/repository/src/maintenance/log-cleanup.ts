import type { BlobMetadata } from '../blob/storage.ts';
import type { LogRetention } from './parameters.ts';
import { type Tally, tallyOf } from './parts.ts';

/** kopia's own log, stored beside the data. */
export const LOG_BLOB_PREFIX = '_log_';

/** Log blobs that are kept no longer. */
export interface LogCleanupPlan {
  readonly delete: readonly BlobMetadata[];
  readonly kept: Tally;
}

/** Keeps the newest blobs up to the first that is too many, too much or too old.
 *  Source: kopia repo/maintenance/cleanup_logs.go. */
export function planLogCleanup(
  logs: readonly BlobMetadata[],
  retention: LogRetention,
  nowMs: number,
): LogCleanupPlan {
  const newestFirst = logs.toSorted((a, b) => b.timestampMs - a.timestampMs);
  const { maxTotalBytes, maxCount, maxAgeMs } = retention;
  let totalBytes = 0;
  const end = newestFirst.findIndex(({ length, timestampMs }, position) => {
    totalBytes += length;
    return (
      (maxTotalBytes > 0 && totalBytes > maxTotalBytes) ||
      (maxCount > 0 && position >= maxCount) ||
      (maxAgeMs > 0 && nowMs - timestampMs > maxAgeMs)
    );
  });
  const kept = end < 0 ? newestFirst : newestFirst.slice(0, end);
  return { delete: newestFirst.slice(kept.length), kept: tallyOf(kept) };
}
