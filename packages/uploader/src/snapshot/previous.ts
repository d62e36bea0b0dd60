import type { SnapshotManifest } from './manifest.ts';

/** Order of snapshots in time: by start, then by end; oldest first. */
export function compareByTime(a: SnapshotManifest, b: SnapshotManifest): number {
  return compareTimes(a.startTimeNs, b.startTimeNs) || compareTimes(a.endTimeNs, b.endTimeNs);
}

/** The snapshots of one source whose files a new one may reuse, the best first: the latest complete one, then all
 *  incomplete ones that started after it. Those that started after `notAfterNs` don't count. */
export function previousSnapshots(
  snapshots: readonly SnapshotManifest[],
  notAfterNs?: bigint,
): readonly SnapshotManifest[] {
  const eligible = snapshots.filter(
    ({ startTimeNs }) => notAfterNs === undefined || startTimeNs <= notAfterNs,
  );
  const complete = eligible
    .filter(({ incomplete }) => incomplete === undefined)
    .reduce<SnapshotManifest | undefined>(later, undefined);
  const since = complete?.startTimeNs ?? 0n;
  const incomplete = eligible.filter(
    (snapshot) => snapshot.incomplete !== undefined && snapshot.startTimeNs > since,
  );
  return complete === undefined ? incomplete : [complete, ...incomplete];
}

function later(best: SnapshotManifest | undefined, next: SnapshotManifest): SnapshotManifest {
  return best === undefined || next.startTimeNs > best.startTimeNs ? next : best;
}

function compareTimes(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
