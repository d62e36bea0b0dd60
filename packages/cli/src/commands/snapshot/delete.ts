import type { Repository } from '@holdfast/repository';
import { deleteSnapshots, formatSource, listSnapshots, type SnapshotManifest } from '@holdfast/uploader';
import { Option } from 'commander';
import type { CliContext } from '../../context.ts';
import { CliError } from '../../errors.ts';
import { tell } from '../../output/messages.ts';
import { timeText } from '../../output/times.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';
import { sourceOf } from '../source.ts';
import { snapshotsOfIds } from './by-id.ts';

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
    const open = { access: isConfirmed ? 'write' : 'read', maintains: isConfirmed } as const;
    await withRepository(context, globalOptions(command), open, async ({ repository }) => {
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
