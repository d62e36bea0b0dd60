import type { ManifestId } from './manifest-id.ts';
import type { Labels, ManifestVersion } from './codec.ts';

/** Adds a version of a manifest to the newest known ones. The outcome does not depend on the order of calls, provided that
 *  versions of equal ID, time and deletion are equal: the later one wins, and a deletion wins over its equal.
 *  Source: kopia repo/manifest/committed_manifest_manager.go. */
export function mergeVersion<V extends ManifestVersion>(newest: Map<ManifestId, V>, version: V): void {
  const known = newest.get(version.id);
  if (!known || supersedes(version, known)) newest.set(version.id, version);
}

/** The manifests that exist: the newest version of each that is not a deletion. Changes `newest`. */
export function dropDeleted<V extends ManifestVersion>(newest: Map<ManifestId, V>): Map<ManifestId, V> {
  for (const [id, version] of newest) if (version.deleted) newest.delete(id);
  return newest;
}

/** Those whose labels include all of `wanted`, oldest first, equal times by ID. */
export function findByLabels<V extends ManifestVersion>(versions: Iterable<V>, wanted: Labels): V[] {
  const pairs = Object.entries(wanted);
  const found: V[] = [];
  for (const version of versions)
    if (pairs.every(([key, label]) => Object.hasOwn(version.labels, key) && version.labels[key] === label))
      found.push(version);
  return found.sort(byTimeThenId);
}

/** The one to use where several exist that should be one: the latest, of equal times the greatest ID. */
export function latestOf<V extends ManifestVersion>(versions: readonly V[]): V | undefined {
  return versions.toSorted(byTimeThenId).at(-1);
}

function supersedes(version: ManifestVersion, known: ManifestVersion): boolean {
  if (version.modifiedNs !== known.modifiedNs) return version.modifiedNs > known.modifiedNs;
  return version.deleted && !known.deleted;
}

function byTimeThenId(a: ManifestVersion, b: ManifestVersion): number {
  if (a.modifiedNs !== b.modifiedNs) return a.modifiedNs < b.modifiedNs ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
