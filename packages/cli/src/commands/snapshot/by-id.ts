import { parseObjectId, type Repository } from '@holdfast/repository';
import { listSnapshots, type SnapshotManifest } from '@holdfast/uploader';
import { CliError, parseArgument } from '../../errors.ts';

/** Snapshots that the texts name, each once. Throws NOTHING_TO_DO. */
export async function snapshotsOfIds(
  repository: Repository,
  ids: readonly string[],
): Promise<readonly SnapshotManifest[]> {
  const all = await listSnapshots(repository);
  const chosen = ids.flatMap((id) => {
    const named = all.filter((snapshot) => snapshot.id === id);
    if (named.length > 0) return named;
    const root = parseArgument(() => parseObjectId(id));
    const matching = all.filter(({ rootEntry }) => rootEntry?.objectId === root);
    if (matching.length > 0) return matching;
    throw new CliError('NOTHING_TO_DO', `there is no snapshot with ID or root ${id}; nothing was changed`);
  });
  return [...new Set(chosen)];
}
