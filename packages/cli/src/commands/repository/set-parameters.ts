import { type EpochChanges, type ParameterChanges, setRepositoryParameters } from '@holdfast/repository';
import { usageError } from '../../errors.ts';
import { choice, durationMs, wholeNumber } from '../../options.ts';
import { tell } from '../../output/messages.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';

interface SetParametersFlags {
  readonly maxPackSizeMb?: number;
  readonly indexVersion?: number;
  readonly retentionMode?: 'none' | 'GOVERNANCE' | 'COMPLIANCE';
  readonly retentionPeriod?: number;
  readonly upgrade?: boolean;
  readonly epochRefreshFrequency?: number;
  readonly epochMinDuration?: number;
  readonly epochCleanupSafetyMargin?: number;
  readonly epochAdvanceOnCount?: number;
  readonly epochAdvanceOnSizeMb?: number;
  readonly epochDeleteParallelism?: number;
  readonly epochCheckpointFrequency?: number;
}

/** `repository set-parameters` */
export const registerSetParameters: RegisterCommand = (group, context) => {
  const command = group
    .command('set-parameters')
    .alias('set-params')
    .description('change parameters of the repository')
    .option('--max-pack-size-mb <n>', 'largest pack', wholeNumber(1))
    .option('--index-version <n>', 'version of new indexes; it can only grow', wholeNumber(1))
    .option('--retention-period <duration>', 'how long object storage keeps blobs from deletion', durationMs)
    .option('--upgrade', 'give a repository of an old format epochs')
    .option(
      '--epoch-refresh-frequency <duration>',
      'how long clients rely on a listing of indexes',
      durationMs,
    )
    .option('--epoch-min-duration <duration>', 'shortest epoch', durationMs)
    .option('--epoch-cleanup-safety-margin <duration>', 'how long replaced indexes stay', durationMs)
    .option('--epoch-advance-on-count <n>', 'indexes after which an epoch ends', wholeNumber(1))
    .option('--epoch-advance-on-size-mb <n>', 'size of indexes after which an epoch ends', wholeNumber(1))
    .option('--epoch-delete-parallelism <n>', 'index blobs deleted at a time', wholeNumber(1))
    .option('--epoch-checkpoint-frequency <n>', 'epochs that are merged into one', wholeNumber(1));
  choice(command, '--retention-mode <mode>', 'how object storage keeps blobs', [
    'none',
    'GOVERNANCE',
    'COMPLIANCE',
  ]);
  command.action(async () => {
    const flags = command.opts<SetParametersFlags>();
    if (Object.keys(flags).length === 0) throw usageError('say what to change (add --help for the flags)');
    await withRepository(context, globalOptions(command), { access: 'write' }, async ({ repository }) => {
      await setRepositoryParameters(repository.maintenanceParts(), changesOf(flags));
    });
    tell(context, 'The parameters have been changed. All other clients must disconnect and connect again.');
  });
};

const MIB = 1 << 20;

function changesOf(flags: SetParametersFlags): ParameterChanges & { readonly upgrade: boolean } {
  const epochs = epochChanges(flags);
  const { indexVersion, retentionMode, retentionPeriod: retentionPeriodMs } = flags;
  return {
    upgrade: flags.upgrade === true,
    ...(flags.maxPackSizeMb !== undefined && { maxPackSize: flags.maxPackSizeMb * MIB }),
    ...(indexVersion !== undefined && { indexVersion }),
    ...(retentionMode !== undefined && { retentionMode }),
    ...(retentionPeriodMs !== undefined && { retentionPeriodMs }),
    ...(Object.keys(epochs).length > 0 && { epochs }),
  };
}

function epochChanges(flags: SetParametersFlags): EpochChanges {
  const sizeMb = flags.epochAdvanceOnSizeMb;
  const given: { [K in keyof EpochChanges]: number | undefined } = {
    epochRefreshFrequencyMs: flags.epochRefreshFrequency,
    minEpochDurationMs: flags.epochMinDuration,
    cleanupSafetyMarginMs: flags.epochCleanupSafetyMargin,
    epochAdvanceOnCountThreshold: flags.epochAdvanceOnCount,
    epochAdvanceOnTotalSizeThreshold: sizeMb === undefined ? undefined : sizeMb * MIB,
    deleteParallelism: flags.epochDeleteParallelism,
    fullCheckpointFrequency: flags.epochCheckpointFrequency,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
