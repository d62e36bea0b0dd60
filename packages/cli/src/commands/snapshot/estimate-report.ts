import type { GoJson, GoJsonObject } from '@holdfast/repository';
import type { Estimate } from '@holdfast/uploader';
import { bytesText, counted, durationText } from '../../output/units.ts';

/** What the reader asked for. */
export interface EstimateReportFlags {
  readonly showFiles?: boolean;
  /** Megabits a second. */
  readonly uploadSpeed: number;
}

type Buckets = Estimate['included']['buckets'];

/** The estimate for people, as kopia words it. */
export function estimateLines(estimate: Estimate, flags: EstimateReportFlags): string[] {
  const { included, excluded, excludedDirectories, excludedDirectoryCount, failed, failedCount } = estimate;
  const leftOut = `Snapshot excludes ${excluded.count} file(s), total size ${bytesText(excluded.totalSize)}`;
  const directories = `Snapshot excludes ${excludedDirectoryCount} directories. Examples:`;
  return [
    `Snapshot includes ${included.count} file(s), total size ${bytesText(included.totalSize)}`,
    ...bucketLines(included.buckets, flags.showFiles === true),
    '',
    ...(excluded.count > 0
      ? [leftOut, ...bucketLines(excluded.buckets, true)]
      : ['Snapshot excludes no files.']),
    ...(excludedDirectoryCount > 0
      ? [directories, ...excludedDirectories.map((path) => ` - ${path}`)]
      : ['Snapshot excludes no directories.']),
    ...(failedCount > 0 ? [`Encountered ${counted(failedCount, 'error')}.`] : []),
    ...failed.map(({ path, error }) => ` - ${path}: ${error}`),
    '',
    `Estimated upload time: ${durationText(uploadMs(estimate, flags))} at ${flags.uploadSpeed} Mbit/s`,
  ];
}

/** The estimate as JSON; kopia has none. */
export function estimateJson(estimate: Estimate, flags: EstimateReportFlags): GoJsonObject {
  const { included, excluded, excludedDirectories, excludedDirectoryCount, failed, failedCount } = estimate;
  return {
    fileCount: included.count,
    totalSize: included.totalSize,
    dirCount: estimate.directoryCount,
    includedBuckets: bucketsJson(included.buckets),
    excludedFileCount: excluded.count,
    excludedTotalSize: excluded.totalSize,
    excludedBuckets: bucketsJson(excluded.buckets),
    excludedDirCount: excludedDirectoryCount,
    excludedDirs: [...excludedDirectories],
    errorCount: failedCount,
    errors: failed.map(({ path, error }) => ({ path, error })),
    estimatedUploadSeconds: uploadMs(estimate, flags) / 1000,
  };
}

function uploadMs({ included }: Estimate, { uploadSpeed }: EstimateReportFlags): number {
  return (included.totalSize * 8) / (uploadSpeed * 1000);
}

function bucketLines(buckets: Buckets, showsFiles: boolean): string[] {
  return buckets.flatMap(({ minSize, count, totalSize, examples }, i) => {
    if (count === 0) return [];
    const larger = buckets[i - 1];
    const from = bytesText(minSize).padEnd(6);
    const range = larger === undefined ? `< ${from}` : `${from}...${bytesText(larger.minSize).padStart(6)}`;
    const line = `${range.padStart(18)}: ${String(count).padStart(7)} files, total size ${bytesText(totalSize)}`;
    return [line, ...(showsFiles ? examples.map(({ path, size }) => ` - ${path} - ${bytesText(size)}`) : [])];
  });
}

function bucketsJson(buckets: Buckets): GoJson {
  return buckets
    .filter(({ count }) => count > 0)
    .map(({ minSize, count, totalSize, examples }) => ({
      minSize,
      count,
      totalSize,
      examples: examples.map(({ path }) => path),
    }));
}
