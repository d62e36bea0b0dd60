import type { GoJsonObject, Repository } from '@holdfast/repository';
import { formatSource } from '@holdfast/uploader';
import type { CliContext } from '../../context.ts';
import { negatable, repeatable, wholeNumber } from '../../options.ts';
import { tell } from '../../output/messages.ts';
import { sendJsonList, sendLines } from '../../output/send.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';
import { snapshotJson } from './json.ts';
import { type SnapshotGroup, type SnapshotQuery, snapshotGroups } from './history.ts';
import { type RowFlags, snapshotLines } from './rows.ts';
import { statsJson, type StatsOfSnapshots, storageStats } from './storage-stats.ts';
import { parseTags } from './tags.ts';

interface ListFlags extends SnapshotQuery, RowFlags {
  readonly all?: boolean;
  readonly storageStats?: boolean;
}

/** `snapshot list` */
export const registerSnapshotList: RegisterCommand = (group, context) => {
  const command = group
    .command('list')
    .alias('ls')
    .description('list snapshots, the oldest first')
    .argument('[source]', 'directory or file to show the history of')
    .option('-i, --incomplete', 'also checkpoints of snapshots that were not finished')
    .option('-d, --delta', 'also by how much each is larger than the one before')
    .option('-m, --manifest-id', 'also the ID of each snapshot')
    .option('--mtime', 'also the modification time of the root')
    .option('--owner', 'also the owner of the root')
    .option('-l, --show-identical', 'list every snapshot, also those that equal the one before')
    .option('--storage-stats', 'also what each adds to the repository, which takes reading its directories')
    .option('--reverse', 'the newest first')
    .option('-a, --all', 'of all users and machines')
    .option('-n, --max-results <n>', 'only this many of each source', wholeNumber(), 0)
    .option('--json', 'print JSON, of all users and machines')
    .addHelpText('after', EXAMPLES);
  repeatable(command, '--tags <key:value>', 'only snapshots with this tag (can be repeated)');
  negatable(command, 'human-readable', 'write sizes for people', true);
  negatable(command, 'retention', 'tell why each is kept', true);
  command.action(async (source: string | undefined) => {
    const flags = command.opts<ListFlags>();
    // A wrong tag is wrong whatever is connected.
    parseTags(flags.tags);
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      const { groups, path } = await snapshotGroups(context, repository, source, flags);
      if (flags.json === true)
        return await sendJsonList(context.stdout, snapshotsJson(context, repository, groups, flags));
      await print(context, repository, { groups, path }, flags);
    });
  });
};

const EXAMPLES = `
Examples:
  holdfast snapshot list -m ~/documents
  holdfast snapshot list --all --tags reason:upgrade
  holdfast snapshot list --json | jq -r '.[-1].id'`;

async function* snapshotsJson(
  context: CliContext,
  repository: Repository,
  groups: readonly SnapshotGroup[],
  flags: ListFlags,
): AsyncGenerator<GoJsonObject> {
  for (const group of groups) {
    const all = await wantedStats(context, repository, group, flags);
    for (const { snapshot, reasons } of group.retained) {
      const stats = all.get(snapshot);
      yield {
        ...snapshotJson(snapshot),
        storageStats: stats && statsJson(stats),
        retentionReason: flags.retention && reasons.length > 0 ? [...reasons] : undefined,
      };
    }
  }
}

async function wantedStats(
  { signal }: CliContext,
  repository: Repository,
  group: SnapshotGroup,
  flags: ListFlags,
): Promise<StatsOfSnapshots> {
  return flags.storageStats === true ? await storageStats(repository, group, signal) : new Map();
}

async function print(
  context: CliContext,
  repository: Repository,
  { groups, path }: { readonly groups: readonly SnapshotGroup[]; readonly path: string | undefined },
  flags: ListFlags,
): Promise<void> {
  const { hostname, username } = repository.client;
  const isShown = ({ source }: SnapshotGroup): boolean =>
    flags.all === true || (source.host === hostname && source.userName === username);
  const shown = groups.filter(isShown);
  for (const [i, group] of shown.entries()) {
    const heading = formatSource(group.source);
    const stats = await wantedStats(context, repository, group, flags);
    const lines = await snapshotLines(repository, group, path, flags, stats);
    await sendLines(context.stdout, i === 0 ? [heading, ...lines] : ['', heading, ...lines]);
  }
  if (groups.length > shown.length && shown.length === 0)
    tell(context, 'There are only snapshots of other users or machines: --all lists them.');
  if (groups.length === 0) tell(context, 'There are no snapshots.');
}
