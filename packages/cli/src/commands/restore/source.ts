import { relative } from 'node:path';
import type { Repository } from '@holdfast/repository';
import { type DirectoryEntry, findEntry, type SnapshotManifest, uploaderErrorCode } from '@holdfast/uploader';
import type { CliContext } from '../../context.ts';
import { CliError } from '../../errors.ts';
import { tell } from '../../output/messages.ts';
import { timeText } from '../../output/times.ts';
import { sourceOf } from '../source.ts';
import { historyOf } from '../snapshot/history.ts';
import type { SnapshotTime } from './snapshot-time.ts';

/** What a text starts with that names a snapshot or object rather than a path. */
export const ID: RegExp = /^[IZ]*[g-z]?(?:[0-9a-f]{2})+(?:\/|$)/;

/** Which of several snapshots a source stands for. */
export interface SourceChoice {
  /** For a path. */
  readonly time: SnapshotTime;
  /** For the ID of an object: refuse it when snapshots with this root disagree about its attributes. */
  readonly consistentAttributes: boolean;
}

/** What to restore: an ID with perhaps a path below it, or a path of which there is a snapshot.
 *  Throws ENTRY_NOT_FOUND, ATTRIBUTES_AMBIGUOUS, NOTHING_TO_DO. */
export async function findRestoreSource(
  context: CliContext,
  repository: Repository,
  text: string,
  { time, consistentAttributes }: SourceChoice,
): Promise<DirectoryEntry> {
  if (ID.test(text)) return await findEntry(repository, text, { consistentAttributes });
  const source = sourceOf(text, context, repository);
  const complete = (await historyOf(repository, source)).filter(({ incomplete }) => incomplete === undefined);
  for (const snapshot of inOrder(complete, time)) {
    const entry = await entryBelow(repository, snapshot, relative(snapshot.source.path, source.path));
    if (entry === undefined) continue;
    tell(context, `Restoring from snapshot ${snapshot.id} of ${timeText(snapshot.startTimeNs)}.`);
    return entry;
  }
  throw new CliError(
    'NOTHING_TO_DO',
    `no snapshot${time.kind === 'before' ? ' of that time' : ''} has ${text}: \`holdfast snapshot list --all\` shows what there is`,
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

/** Those to try, the best first: with `oldest` the oldest that has the path, otherwise the newest. */
function inOrder(snapshots: readonly SnapshotManifest[], time: SnapshotTime): readonly SnapshotManifest[] {
  const sorted = snapshots.toSorted(newestFirst);
  if (time.kind === 'before') return sorted.filter(({ startTimeNs }) => startTimeNs < time.ns);
  return time.kind === 'oldest' ? sorted.toReversed() : sorted;
}

function newestFirst(a: SnapshotManifest, b: SnapshotManifest): number {
  return a.startTimeNs < b.startTimeNs ? 1 : -1;
}
