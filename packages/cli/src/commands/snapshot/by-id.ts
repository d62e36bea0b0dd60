import { parseObjectId, type Repository, repositoryErrorCode } from '@holdfast/repository';
import { listSnapshots, type SnapshotManifest } from '@holdfast/uploader';
import { CliError } from '../../errors.ts';

/** Snapshots that the texts name, each once. Throws NOTHING_TO_DO. */
export async function snapshotsOfIds(
  repository: Repository,
  ids: readonly string[],
): Promise<readonly SnapshotManifest[]> {
  const all = await listSnapshots(repository);
  const chosen = ids.flatMap((id) => {
    const named = all.filter((snapshot) => snapshot.id === id);
    if (named.length > 0) return named;
    const root = objectIdIn(id);
    const matching = all.filter(({ rootEntry }) => root !== undefined && rootEntry?.objectId === root);
    if (matching.length > 0) return matching;
    throw new CliError('NOTHING_TO_DO', `there is no snapshot with ID or root ${id}; nothing was changed`);
  });
  return [...new Set(chosen)];
}

/** The object ID that `text` is, in its usual form; undefined for what is none, which names no snapshot either. */
function objectIdIn(text: string): string | undefined {
  try {
    return parseObjectId(text);
  } catch (error) {
    if (repositoryErrorCode(error) === 'ID_INVALID') return undefined;
    throw error;
  }
}
