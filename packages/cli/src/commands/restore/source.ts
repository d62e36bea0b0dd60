import { relative } from 'node:path';
import type { Repository } from '@holdfast/repository';
import { type DirectoryEntry, findEntry, type SnapshotManifest, uploaderErrorCode } from '@holdfast/uploader';
import type { CliContext } from '../../context.ts';
import { CliError } from '../../errors.ts';
import { tell } from '../../output/messages.ts';
import { timeText } from '../../output/times.ts';
import { sourceOf } from '../source.ts';
import { historyOf } from '../snapshot/history.ts';

/** What a text starts with that names a snapshot or object rather than a path. */
export const ID: RegExp = /^[IZ]*[g-z]?(?:[0-9a-f]{2})+(?:\/|$)/;

/** What to restore: an ID with perhaps a path below it, or a path of which there is a snapshot.
 *  Throws ENTRY_NOT_FOUND, NOTHING_TO_DO. */
export async function findRestoreSource(
  context: CliContext,
  repository: Repository,
  text: string,
): Promise<DirectoryEntry> {
  if (ID.test(text)) return await findEntry(repository, text);
  const source = sourceOf(text, context, repository);
  const complete = (await historyOf(repository, source)).filter(({ incomplete }) => incomplete === undefined);
  for (const snapshot of complete.toSorted(newestFirst)) {
    const entry = await entryBelow(repository, snapshot, relative(snapshot.source.path, source.path));
    if (entry === undefined) continue;
    tell(context, `Restoring from snapshot ${snapshot.id} of ${timeText(snapshot.startTimeNs)}.`);
    return entry;
  }
  throw new CliError(
    'NOTHING_TO_DO',
    `no snapshot has ${text}: \`holdfast snapshot list --all\` shows what there is`,
  );
}

async function entryBelow(
  repository: Repository,
  { id }: SnapshotManifest,
  path: string,
): Promise<DirectoryEntry | undefined> {
  try {
    return await findEntry(repository, path === '' ? id : `${id}/${path}`);
  } catch (error) {
    if (uploaderErrorCode(error) === 'ENTRY_NOT_FOUND') return undefined;
    throw error;
  }
}

function newestFirst(a: SnapshotManifest, b: SnapshotManifest): number {
  return a.startTimeNs < b.startTimeNs ? 1 : -1;
}
