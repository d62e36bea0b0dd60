import type { Repository } from '@holdfast/repository';

import type { SnapshotManifest } from '../snapshot/manifest.ts';
import { compareText } from '../snapshot/names.ts';
import { deleteSnapshots, saveSnapshot } from './snapshot-store.ts';

/** Which pins to add and remove. */
export interface PinChanges {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** Changes pins, and with them the IDs of the snapshots; returns those that changed, as they are now. Durable when this
 *  resolves. Source: kopia snapshot/manifest.go. */
export async function changePins(
  repository: Repository,
  snapshots: readonly SnapshotManifest[],
  changes: PinChanges,
): Promise<readonly SnapshotManifest[]> {
  const changed: SnapshotManifest[] = [];
  const replaced: string[] = [];
  for (const snapshot of snapshots) {
    const pins = pinsAfter(snapshot.pins, changes);
    if (isSameSet(pins, snapshot.pins)) continue;
    changed.push(await saveSnapshot(repository, { ...snapshot, pins }));
    replaced.push(snapshot.id);
  }
  if (changed.length > 0) await deleteSnapshots(repository, replaced);
  return changed;
}

/** In the order in which kopia keeps them. */
function pinsAfter(pins: readonly string[], { add, remove }: PinChanges): readonly string[] {
  const after = new Set([...pins, ...add]);
  for (const pin of remove) after.delete(pin);
  return [...after].toSorted(compareText);
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((pin) => b.includes(pin));
}
