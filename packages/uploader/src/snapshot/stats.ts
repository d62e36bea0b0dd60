import { JsonFields, type JsonSubject } from './json-fields.ts';

const STATS_KEYS = [
  'totalSize',
  'excludedTotalSize',
  'fileCount',
  'cachedFiles',
  'nonCachedFiles',
  'dirCount',
  'excludedFileCount',
  'excludedDirCount',
  'ignoredErrorCount',
  'errorCount',
] as const;

/** What one run did. Not the size of the tree: `fileCount` counts only the files hashed in this run. */
export type SnapshotStats = { readonly [K in (typeof STATS_KEYS)[number]]: number };

/** The stats of a run that did nothing yet. */
export const NO_STATS: SnapshotStats = {
  totalSize: 0,
  excludedTotalSize: 0,
  fileCount: 0,
  cachedFiles: 0,
  nonCachedFiles: 0,
  dirCount: 0,
  excludedFileCount: 0,
  excludedDirCount: 0,
  ignoredErrorCount: 0,
  errorCount: 0,
};

/** The JSON kopia writes for stats. */
export function encodeStats(stats: SnapshotStats): string {
  return `{${STATS_KEYS.map((key) => `"${key}":${stats[key]}`).join(',')}}`;
}

/** Inverse of `encodeStats`; missing fields are zero. */
export function decodeStats(value: unknown, subject: JsonSubject): SnapshotStats {
  const fields = new JsonFields(value, subject);
  // An int32 counter of a very large run may have wrapped below zero.
  const numbers = STATS_KEYS.map((key) => [key, fields.integer(key, Number.MIN_SAFE_INTEGER)] as const);
  return { ...NO_STATS, ...Object.fromEntries(numbers) };
}
