import type { Repository } from '@holdfast/repository';
import {
  applyExpiration,
  formatSource,
  planExpiration,
  type SnapshotSource,
  type SourceExpiration,
} from '@holdfast/uploader';
import type { CliContext } from '../../context.ts';
import { usageError } from '../../errors.ts';
import { tell } from '../../output/messages.ts';
import { timeText } from '../../output/times.ts';
import { counted } from '../../output/units.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';
import { sourceOf } from '../source.ts';

interface ExpireFlags {
  readonly all: boolean;
  readonly delete: boolean;
}

/** `snapshot expire` */
export const registerExpire: RegisterCommand = (group, context) => {
  const command = group
    .command('expire')
    .description('delete snapshots that no policy keeps')
    .argument('[sources...]', 'directories or files, user@host:path, or user@host, @host')
    .option('--all', 'of all sources', false)
    .option('--delete', 'do it; without this flag only what would go is told', false);
  command.action(async (texts: string[]) => {
    const flags = command.opts<ExpireFlags>();
    if (flags.all === texts.length > 0) throw usageError('name sources, or pass --all');
    const open = { access: flags.delete ? 'write' : 'read', maintains: flags.delete } as const;
    await withRepository(context, globalOptions(command), open, async ({ repository }) => {
      const sources = flags.all ? undefined : texts.map((text) => sourceOf(text, context, repository));
      await expire(context, repository, sources, flags.delete);
    });
  });
};

async function expire(
  context: CliContext,
  repository: Repository,
  sources: readonly SnapshotSource[] | undefined,
  isConfirmed: boolean,
): Promise<void> {
  const plan = await planExpiration(repository, sources);
  for (const source of plan) tellSource(context, source, isConfirmed);
  if (isConfirmed) await applyExpiration(repository, plan);
}

function tellSource(
  context: CliContext,
  { source, snapshots }: SourceExpiration,
  isConfirmed: boolean,
): void {
  const expired = snapshots.filter(({ isExpired }) => isExpired);
  if (expired.length === 0) {
    tell(context, `Nothing to delete of ${formatSource(source)}.`);
    return;
  }
  const what = `${counted(expired.length, 'snapshot')} of ${counted(snapshots.length, 'snapshot')} of ${formatSource(source)}`;
  tell(context, isConfirmed ? `Deleting ${what}:` : `Would delete ${what} (pass --delete to confirm):`);
  for (const { snapshot } of expired) tell(context, `  ${snapshot.id} of ${timeText(snapshot.startTimeNs)}`);
}
