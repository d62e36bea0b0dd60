import type { GoJsonObject, Repository } from '@holdfast/repository';
import { type SnapshotManifest, StorageAccount, type StorageStats } from '@holdfast/uploader';
import { bytesText } from '../../output/units.ts';
import type { SnapshotGroup } from './history.ts';

/** What snapshots add to those that are listed before them. */
export type StatsOfSnapshots = ReadonlyMap<SnapshotManifest, StorageStats>;

/** The statistics of a source's snapshots, in the order in which they are listed. Throws what reading them throws. */
export async function storageStats(
  repository: Repository,
  { retained }: SnapshotGroup,
  signal: AbortSignal,
): Promise<StatsOfSnapshots> {
  const account = new StorageAccount(repository, signal);
  const stats = new Map<SnapshotManifest, StorageStats>();
  for (const { snapshot } of retained)
    if (snapshot.rootEntry !== undefined) stats.set(snapshot, await account.add(snapshot.rootEntry));
  return stats;
}

/** As a part of a snapshot's JSON. */
export function statsJson({ newData, runningTotal }: StorageStats): GoJsonObject {
  return { newData: { ...newData }, runningTotal: { ...runningTotal } };
}

/** Words of a row. Source: kopia cli/command_snapshot_list.go (`entryBits`). */
export function statsFacts({ newData }: StorageStats): string[] {
  const { originalContentBytes: original, packedContentBytes: packed } = newData;
  const saved = packed >= original ? '0%' : `${(100 * (1 - packed / original)).toFixed(1)}%`;
  return [
    `new-data:${bytesText(packed)}`,
    `new-files:${newData.fileObjects}`,
    `new-dirs:${newData.dirObjects}`,
    `compression:${saved}`,
  ];
}
