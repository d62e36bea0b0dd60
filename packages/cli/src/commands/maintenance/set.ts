import type { MaintenanceChanges } from '@holdfast/repository';
import { setMaintenance } from '@holdfast/uploader';
import type { Command } from 'commander';
import { durationMs, wholeNumber } from '../../options.ts';
import { tell } from '../../output/messages.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';

interface SetFlags {
  readonly owner?: string;
  readonly enableQuick?: string;
  readonly enableFull?: string;
  readonly quickInterval?: number;
  readonly fullInterval?: number;
  readonly pauseQuick?: number;
  readonly pauseFull?: number;
  readonly extendObjectLocks?: string;
  readonly maxRetainedLogCount?: number;
  readonly maxRetainedLogAge?: number;
  readonly maxRetainedLogSizeMb?: number;
  readonly listParallelism?: number;
}

/** `maintenance set` */
export const registerMaintenanceSet: RegisterCommand = (group, context) => {
  const command = group.command('set').description('change who maintains the repository, and when');
  addSetFlags(command);
  command.action(async () => {
    const changes = changesOf(command.opts<SetFlags>());
    await withRepository(context, globalOptions(command), { access: 'write' }, async ({ repository }) => {
      const { parameters } = await setMaintenance(repository, changes);
      tell(context, `Maintenance is owned by ${parameters.owner}.`);
    });
  });
};

function addSetFlags(command: Command): void {
  command
    .option('--owner <user@host>', '`me` for this user on this machine')
    .option('--enable-quick <bool>', 'run the quick part by itself')
    .option('--enable-full <bool>', 'run the full part by itself')
    .option('--quick-interval <duration>', 'time between quick runs, such as 1h', durationMs)
    .option('--full-interval <duration>', 'time between full runs, such as 24h', durationMs)
    .option('--pause-quick <duration>', 'no quick run before that', durationMs)
    .option('--pause-full <duration>', 'no full run before that', durationMs)
    .option('--extend-object-locks <bool>', 'extend object locks in full runs')
    .option('--max-retained-log-count <n>', "kopia's logs that are kept; 0 for any number", wholeNumber())
    .option('--max-retained-log-age <duration>', 'how long they are kept, such as 720h', durationMs)
    .option('--max-retained-log-size-mb <n>', 'MiB that they may take', wholeNumber())
    .option('--list-parallelism <n>', 'listings at a time, for kopia; 0 for its default', wholeNumber());
}

function changesOf(flags: SetFlags): MaintenanceChanges {
  return {
    ...(flags.owner !== undefined && { owner: flags.owner }),
    quick: cycleOf(flags.enableQuick, flags.quickInterval, flags.pauseQuick),
    full: cycleOf(flags.enableFull, flags.fullInterval, flags.pauseFull),
    ...(flags.extendObjectLocks !== undefined && { extendObjectLocks: isTrue(flags.extendObjectLocks) }),
    ...logRetentionOf(flags),
    ...(flags.listParallelism !== undefined && { listParallelism: flags.listParallelism }),
  };
}

function logRetentionOf({
  maxRetainedLogCount: maxCount,
  maxRetainedLogAge: maxAgeMs,
  maxRetainedLogSizeMb: sizeMb,
}: SetFlags): Pick<MaintenanceChanges, 'logRetention'> {
  const logRetention = {
    ...(maxCount !== undefined && { maxCount }),
    ...(maxAgeMs !== undefined && { maxAgeMs }),
    ...(sizeMb !== undefined && { maxTotalBytes: sizeMb * 2 ** 20 }),
  };
  return Object.keys(logRetention).length === 0 ? {} : { logRetention };
}

function cycleOf(
  enabled: string | undefined,
  intervalMs: number | undefined,
  pauseMs: number | undefined,
): NonNullable<MaintenanceChanges['quick']> {
  return {
    ...(enabled !== undefined && { enabled: isTrue(enabled) }),
    ...(intervalMs !== undefined && { intervalMs }),
    ...(pauseMs !== undefined && { pauseMs }),
  };
}

function isTrue(text: string): boolean {
  return text === 'true' || text === '1' || text === 'yes';
}
