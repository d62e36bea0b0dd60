import { type ManifestMetadata, parseManifestId, type Repository } from '@holdfast/repository';

import { decodePolicy, encodePolicy } from '../policy/codec.ts';
import type { TargetedPolicy } from '../policy/effective.ts';
import type { Policy } from '../policy/policy.ts';
import { POLICY_TYPE, policyLabels, policyTarget } from '../policy/target.ts';
import {
  decodeSnapshot,
  encodeSnapshot,
  SNAPSHOT_TYPE,
  snapshotLabels,
  type SnapshotManifest,
} from '../snapshot/manifest.ts';
import { compareByTime } from '../snapshot/previous.ts';
import type { SnapshotSource } from '../snapshot/source.ts';

/** Snapshots in the repository, oldest first; only those of `source` as far as its fields are given. */
export async function listSnapshots(
  repository: Repository,
  source: Partial<SnapshotSource> = {},
): Promise<readonly SnapshotManifest[]> {
  const manifests = await repository.manifests();
  const labels = {
    type: SNAPSHOT_TYPE,
    ...(source.host !== undefined && { hostname: source.host }),
    ...(source.userName !== undefined && { username: source.userName }),
    ...(source.path !== undefined && { path: source.path }),
  };
  const snapshots: SnapshotManifest[] = [];
  for (const { id } of manifests.find(labels)) snapshots.push(decodeSnapshot(id, await manifests.get(id)));
  return snapshots.sort(compareByTime);
}

/** One snapshot. Throws MANIFEST_NOT_FOUND, SNAPSHOT_CORRUPT. */
export async function loadSnapshot(repository: Repository, id: string): Promise<SnapshotManifest> {
  const manifests = await repository.manifests();
  return decodeSnapshot(id, await manifests.get(parseManifestId(id)));
}

/** Adds a snapshot and returns it with its ID; visible to others after the repository's next flush. */
export async function saveSnapshot(
  repository: Repository,
  snapshot: SnapshotManifest,
): Promise<SnapshotManifest> {
  const manifests = await repository.manifests();
  const id = manifests.putText(snapshotLabels(snapshot), encodeSnapshot(snapshot));
  return { ...snapshot, id };
}

/** Deletes snapshots; their data goes with a later maintenance. Durable when this resolves. */
export async function deleteSnapshots(repository: Repository, ids: readonly string[]): Promise<void> {
  const manifests = await repository.manifests();
  for (const id of ids) manifests.delete(parseManifestId(id));
  await repository.writer().flush();
}

/** Every policy that is defined, the latest first where one place has several. */
export async function loadPolicies(repository: Repository): Promise<readonly TargetedPolicy[]> {
  const manifests = await repository.manifests();
  const found: TargetedPolicy[] = [];
  for (const { id, labels } of newestFirst(manifests.find({ type: POLICY_TYPE })))
    found.push({ target: policyTarget(labels), policy: decodePolicy(await manifests.get(id)) });
  return found;
}

/** Replaces the policy of a place. Durable when this resolves. */
export async function savePolicy(
  repository: Repository,
  target: SnapshotSource,
  policy: Policy,
): Promise<void> {
  const manifests = await repository.manifests();
  manifests.replaceText(policyLabels(target), encodePolicy(policy));
  await repository.writer().flush();
}

/** Removes the policy of a place, which then inherits everything. Durable when this resolves. */
export async function deletePolicy(repository: Repository, target: SnapshotSource): Promise<void> {
  const manifests = await repository.manifests();
  for (const { id } of manifests.find(policyLabels(target))) manifests.delete(id);
  await repository.writer().flush();
}

function newestFirst(manifests: readonly ManifestMetadata[]): readonly ManifestMetadata[] {
  return manifests.toReversed();
}
