import { parseObjectId, type Repository } from '@holdfast/repository';
import { deleteSnapshots, formatSource, listSnapshots, type SnapshotManifest } from '@holdfast/uploader';
import { Option } from 'commander';
import type { CliContext } from '../../context.ts';
import { CliError, parseArgument } from '../../errors.ts';
import { tell } from '../../output/messages.ts';
import { timeText } from '../../output/times.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';
import { sourceOf } from '../source.ts';

interface DeleteFlags {
  readonly allSnapshotsForSource?: boolean;
  readonly delete?: boolean;
  readonly unsafeIgnoreSource?: boolean;
}

/** `snapshot delete` */
export const registerDelete: RegisterCommand = (group, context) => {
  const command = group
    .command('delete')
    .description('delete snapshots; their data goes with a later maintenance')
    .argument('<ids...>', 'IDs of snapshots or of their roots')
    .option('--all-snapshots-for-source', 'the arguments are sources: delete everything of them')
    .option('--delete', 'do it; without this flag nothing is deleted')
    .addOption(new Option('--unsafe-ignore-source', 'as --delete').hideHelp());
  command.action(async (ids: string[]) => {
    const flags = command.opts<DeleteFlags>();
    const isConfirmed = flags.delete === true || flags.unsafeIgnoreSource === true;
    const access = isConfirmed ? 'write' : 'read';
    await withRepository(context, globalOptions(command), { access }, async ({ repository }) => {
      const isSource = flags.allSnapshotsForSource === true;
      const chosen = isSource
        ? await snapshotsOfSources(context, repository, ids)
        : await snapshotsOfIds(repository, ids);
      for (const { id, source, startTimeNs } of chosen) {
        const description = `snapshot ${id} of ${formatSource(source)} at ${timeText(startTimeNs)}`;
        tell(
          context,
          isConfirmed ? `Deleting ${description}` : `Would delete ${description} (pass --delete to confirm)`,
        );
      }
      if (isConfirmed)
        await deleteSnapshots(
          repository,
          chosen.map(({ id }) => id),
        );
    });
  });
};

async function snapshotsOfIds(
  repository: Repository,
  ids: readonly string[],
): Promise<readonly SnapshotManifest[]> {
  const all = await listSnapshots(repository);
  const chosen = ids.flatMap((id) => {
    const named = all.filter((snapshot) => snapshot.id === id);
    const matching =
      named.length > 0 ? named : all.filter(({ rootEntry }) => rootEntry?.objectId === rootOf(id));
    if (matching.length > 0) return matching;
    throw new CliError('NOTHING_TO_DO', `there is no snapshot with ID or root ${id}; nothing was deleted`);
  });
  return [...new Set(chosen)];
}

function rootOf(text: string): string {
  return parseArgument(() => parseObjectId(text));
}

async function snapshotsOfSources(
  context: CliContext,
  repository: Repository,
  texts: readonly string[],
): Promise<readonly SnapshotManifest[]> {
  const chosen: SnapshotManifest[] = [];
  for (const text of texts) {
    const source = sourceOf(text, context, repository);
    const snapshots = await listSnapshots(repository, source);
    if (snapshots.length === 0)
      throw new CliError(
        'NOTHING_TO_DO',
        `there are no snapshots of ${formatSource(source)}; nothing was deleted`,
      );
    chosen.push(...snapshots);
  }
  return chosen;
}
