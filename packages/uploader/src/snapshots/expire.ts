import type { Repository } from '@holdfast/repository';

import { effectivePolicy, type TargetedPolicy } from '../policy/effective.ts';
import type { SnapshotManifest } from '../snapshot/manifest.ts';
import { planRetention, type RetainedSnapshot } from '../snapshot/retention.ts';
import { formatSource, isSameSource, type SnapshotSource } from '../snapshot/source.ts';
import { deleteSnapshots, listSnapshots, loadPolicies } from './snapshot-store.ts';

/** What the policies say about the snapshots of one source, newest first. */
export interface SourceExpiration {
  readonly source: SnapshotSource;
  readonly snapshots: readonly RetainedSnapshot[];
}

/** Which snapshots the retention of their source's policy keeps, for the given sources or for all there are.
 *  Pinned ones are kept. Changes nothing. */
export async function planExpiration(
  repository: Repository,
  sources?: readonly SnapshotSource[],
): Promise<readonly SourceExpiration[]> {
  const policies = await loadPolicies(repository);
  const isChosen = (source: SnapshotSource): boolean =>
    sources === undefined || sources.some((wanted) => isSameSource(wanted, source));
  return groupBySource(await listSnapshots(repository))
    .filter(({ source }) => isChosen(source))
    .map(({ source, snapshots }) => expirationOf(source, snapshots, policies));
}

/** Deletes the expired snapshots of a plan and returns their IDs; their data goes with a later maintenance. */
export async function applyExpiration(
  repository: Repository,
  plan: readonly SourceExpiration[],
): Promise<readonly string[]> {
  const expired = plan.flatMap(({ snapshots }) => snapshots.filter(({ isExpired }) => isExpired));
  const ids = expired.map(({ snapshot }) => snapshot.id);
  if (ids.length > 0) await deleteSnapshots(repository, ids);
  return ids;
}

function expirationOf(
  source: SnapshotSource,
  snapshots: readonly SnapshotManifest[],
  policies: readonly TargetedPolicy[],
): SourceExpiration {
  const { retention } = effectivePolicy(source, policies).policy;
  return { source, snapshots: planRetention(snapshots, retention) };
}

function groupBySource(
  snapshots: readonly SnapshotManifest[],
): readonly { readonly source: SnapshotSource; readonly snapshots: readonly SnapshotManifest[] }[] {
  const groups = Map.groupBy(snapshots, ({ source }) => formatSource(source));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ source: first.source, snapshots: group }];
  });
}
