import { rollbackUpgrade, upgradeRepository } from '@holdfast/repository';
import type { Command } from 'commander';
import { usageError } from '../../errors.ts';
import { durationMs } from '../../options.ts';
import { tell } from '../../output/messages.ts';
import { ProgressLine } from '../../output/progress.ts';
import { durationText } from '../../output/units.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { CliContext } from '../../context.ts';
import type { RegisterCommand } from '../index.ts';

interface OwnerFlags {
  readonly upgradeOwnerId: string;
}

interface BeginFlags extends OwnerFlags {
  readonly ioDrainTimeout: number;
  readonly statusPollInterval: number;
  readonly maxPermittedClockDrift: number;
  readonly allowUnsafeUpgrade?: boolean;
}

/** `repository upgrade ...` */
export const registerUpgrade: RegisterCommand = (group, context) => {
  const upgrade = group.command('upgrade').description('take the repository to the newest format');
  registerBegin(upgrade, context);
  registerRollback(upgrade, context);
};

const MINUTE_MS = 60_000;
/** As long clients may rely on the format that they have read. */
const CACHED_MS = 15 * MINUTE_MS;

const registerBegin: RegisterCommand = (group, context) => {
  const command = withOwner(group.command('begin'), context)
    .description('lock all others out, wait until they have noticed, and upgrade')
    .option(
      '--io-drain-timeout <duration>',
      'how long others may take to notice (15m)',
      durationMs,
      CACHED_MS,
    )
    .option('--status-poll-interval <duration>', 'how often they look (60s)', durationMs, MINUTE_MS)
    .option('--max-permitted-clock-drift <duration>', 'how far clocks differ (5m)', durationMs, 5 * MINUTE_MS)
    .option('--allow-unsafe-upgrade', 'allow a drain timeout in which others may not notice')
    .addHelpText('after', EXAMPLES);
  command.action(async () => {
    const flags = command.opts<BeginFlags>();
    const { upgradeOwnerId: ownerId, ioDrainTimeout: ioDrainTimeoutMs } = flags;
    if (ioDrainTimeoutMs < CACHED_MS && flags.allowUnsafeUpgrade !== true)
      throw usageError('others may take 15 minutes to notice: --io-drain-timeout must be 15m at least');
    const options = globalOptions(command);
    const open = { access: 'write', upgradeOwnerId: ownerId } as const;
    const isChanged = await withRepository(context, options, open, async ({ repository }) => {
      const line = new ProgressLine(context, options.progress);
      return await upgradeRepository(repository.maintenanceParts(), {
        ownerId,
        ioDrainTimeoutMs,
        statusPollIntervalMs: Math.min(flags.statusPollInterval, ioDrainTimeoutMs),
        maxClockDriftMs: flags.maxPermittedClockDrift,
        signal: context.signal,
        onWait: (leftMs) =>
          line.update({ done: [`waiting ${durationText(leftMs)} for others`], bytes: 0, expectedBytes: 0 }),
      }).finally(() => line.clear());
    });
    tell(context, isChanged ? 'The repository has been upgraded.' : 'The repository has the newest format.');
  });
};

const EXAMPLES = `
Stopped in between, the same command goes on, and \`repository upgrade rollback --force\` goes back.`;

const registerRollback: RegisterCommand = (group, context) => {
  const command = withOwner(group.command('rollback'), context)
    .description('give up an upgrade that was not finished')
    .option('--force', 'do it');
  command.action(async () => {
    const { force, upgradeOwnerId } = command.opts<OwnerFlags & { readonly force?: boolean }>();
    if (force !== true) throw usageError('pass --force to put the format back as it was before the upgrade');
    const open = { access: 'write', upgradeOwnerId } as const;
    await withRepository(context, globalOptions(command), open, async ({ repository }) => {
      await rollbackUpgrade(repository.maintenanceParts());
    });
    tell(context, 'The format is what it was before the upgrade.');
  });
};

function withOwner(command: Command, { user, env }: CliContext): Command {
  const owner = env['KOPIA_REPO_UPGRADE_OWNER_ID'] ?? `${user.username}@${user.hostname}`;
  return command.option('--upgrade-owner-id <id>', 'who upgrades', owner);
}
