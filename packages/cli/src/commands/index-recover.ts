import {
  applyIndexRecovery,
  type IndexRecoveryPlan,
  planIndexRecovery,
  type Repository,
} from '@holdfast/repository';
import type { CliContext } from '../context.ts';
import { repeatable, wholeNumber } from '../options.ts';
import { tell, warn } from '../output/messages.ts';
import { ProgressLine } from '../output/progress.ts';
import { counted, countText } from '../output/units.ts';
import { globalOptions } from '../program.ts';
import { withRepository } from '../session/open.ts';
import type { RegisterCommand } from './index.ts';

interface RecoverFlags {
  readonly blobs: readonly string[];
  readonly blobPrefixes: readonly string[];
  readonly parallel: number;
  readonly ignoreErrors: boolean;
  readonly commit: boolean;
}

/** `index recover` */
export const registerRecoverIndex: RegisterCommand = (group, context) => {
  const command = group
    .command('recover')
    .description('bring back lost indexes from the packs, which hold lists of their own contents')
    .option('--parallel <n>', 'packs read at a time', wholeNumber(1), 8)
    .option('--ignore-errors', 'go on past packs that cannot be read', false)
    .option('--commit', 'do it; without this flag only what was found is told', false)
    .addHelpText('after', EXAMPLES);
  repeatable(command, '--blobs <name>', 'only this pack (can be repeated)');
  repeatable(command, '--blob-prefixes <prefix>', 'only packs that start so (can be repeated)');
  command.action(async () => {
    const flags = command.opts<RecoverFlags>();
    const options = globalOptions(command);
    const damaged: string[] = [];
    const access = flags.commit ? 'write' : 'read';
    const onDamagedIndex = ({ id }: { readonly id: string }, { message }: Error): void => {
      damaged.push(id);
      warn(context, `index blob ${id} is damaged: ${message}`);
    };
    await withRepository(context, options, { access, onDamagedIndex }, async ({ repository }) => {
      using plan = await makePlan(context, repository, { ...flags, progress: options.progress });
      tellPlan(context, plan, damaged, flags.commit);
      if (!flags.commit) return;
      const removed = await applyIndexRecovery(repository.maintenanceParts(), plan, damaged, context.signal);
      tell(context, `Recovered ${counted(plan.entries, 'entry', 'entries')}.`);
      if (removed < damaged.length) warn(context, DAMAGED_STAY);
    });
  });
};

const DAMAGED_STAY =
  'damaged index blobs stay, since not every pack was read: `index recover --commit` without other flags removes them';

const EXAMPLES = `
Examples:
  holdfast index recover              what the packs hold that no index knows
  holdfast index recover --commit     put it into the index, and remove index blobs that are damaged

Contents that were deleted may come back, and with them old snapshots: the next full maintenance finds what is unused.`;

async function makePlan(
  context: CliContext,
  repository: Repository,
  { blobs, blobPrefixes, parallel, ignoreErrors, progress }: RecoverFlags & { readonly progress: boolean },
): Promise<IndexRecoveryPlan> {
  const line = new ProgressLine(context, progress);
  return await planIndexRecovery(repository.maintenanceParts(), {
    packs: blobs,
    prefixes: blobPrefixes.length > 0 ? blobPrefixes : ['p', 'q'],
    parallel,
    ignoreErrors,
    signal: context.signal,
    onProgress: ({ read, total }) =>
      line.update({ done: [`${countText(read)} of ${countText(total)} packs`], bytes: 0, expectedBytes: 0 }),
  }).finally(() => line.clear());
}

function tellPlan(
  context: CliContext,
  { packsRead, packs, entries, tombstones, unreadable, isComplete }: IndexRecoveryPlan,
  damaged: readonly string[],
  isCommitted: boolean,
): void {
  for (const { pack, error } of unreadable) warn(context, `cannot read the list of pack ${pack}: ${error}`);
  const deletions = tombstones > 0 ? `, ${countText(tombstones)} of them deletions` : '';
  tell(
    context,
    `Read ${counted(packsRead, 'pack')}: ${counted(entries, 'entry', 'entries')} of ${counted(packs, 'pack')} ` +
      `that the index lacks${deletions}.`,
  );
  if (isCommitted || (entries === 0 && damaged.length === 0)) return;
  if (damaged.length > 0 && isComplete)
    tell(context, `Would remove ${counted(damaged.length, 'damaged index blob')} after that.`);
  tell(context, 'Nothing was changed: pass --commit to recover.');
}
