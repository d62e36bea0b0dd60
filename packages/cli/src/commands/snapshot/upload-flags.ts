import type { UploadOptions } from '@holdfast/uploader';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CliContext } from '../../context.ts';
import { usageError } from '../../errors.ts';
import { warn } from '../../output/messages.ts';
import { durationMs, isTrue, percentage, repeatable, wholeNumber } from '../../options.ts';
import { snapshotTime } from './times.ts';
import { parseTags } from './tags.ts';

/** Flags of `snapshot create` that say how something is saved. */
export interface UploadFlags {
  readonly description?: string;
  readonly failFast?: boolean;
  readonly forceHash: number;
  readonly forceEnableActions?: boolean;
  readonly parallel: number;
  readonly uploadLimitMb: number;
  readonly checkpointInterval?: number;
  readonly startTime?: bigint;
  readonly endTime?: bigint;
  readonly stdinFile?: string;
  readonly tags: readonly string[];
  readonly pin: readonly string[];
}

/** What all snapshots of one run have in common. */
export type SharedUploadOptions = Omit<UploadOptions, 'source' | 'path'>;

const LONGEST_DESCRIPTION = 1024;
const MIB = 1 << 20;
const LONGEST_CHECKPOINT_INTERVAL_MS = 45 * 60_000;

/** Adds those flags. */
export function addUploadFlags(command: Command): void {
  command
    .option('--description <text>', 'description of the snapshot')
    .option(
      '--fail-fast',
      'end with a partial snapshot at the first file that cannot be saved ($KOPIA_SNAPSHOT_FAIL_FAST)',
    )
    .option('--force-hash <percent>', 'also read this share of the files that look unchanged', percentage, 0)
    .option('--parallel <n>', 'worker threads; 0 for one a core', wholeNumber(), 0)
    .option(
      '--upload-limit-mb <MB>',
      'end with a partial snapshot after storing so much; 0 for no limit',
      wholeNumber(),
      0,
    )
    .option(
      '--start-time <time>',
      'time to record as the start, such as "2026-01-02 15:04:05 UTC"',
      snapshotTime,
    )
    .option('--end-time <time>', 'time to record as the end', snapshotTime)
    .option('--stdin-file <name>', 'save standard input as a file of this name');
  command
    .option(
      '--log-dir-detail <level>',
      'tell of each directory that was saved: 0 for nothing to 10 for all',
      wholeNumber(),
    )
    .option('--log-entry-detail <level>', 'the same for what is in them', wholeNumber());
  addKopiaFlags(command);
  repeatable(command, '--tags <key:value>', 'tag of the snapshot (can be repeated)');
  repeatable(command, '--pin <reason>', 'never delete the snapshot by retention (can be repeated)');
}

/** What is so in any case, or means nothing here: kopia's scripts pass them. */
function addKopiaFlags(command: Command): void {
  command.addOption(
    new Option('--checkpoint-interval <duration>', 'time between checkpoints, at most 45m')
      .argParser(checkpointInterval)
      .hideHelp(),
  );
  for (const flags of [
    '--force-enable-actions',
    '--force-disable-actions',
    '--flush-per-source',
    '--hint-streaming-reads',
    '--send-snapshot-report',
    '--no-send-snapshot-report',
  ])
    command.addOption(new Option(flags).hideHelp());
}

function checkpointInterval(text: string): number {
  const ms = durationMs(text);
  if (ms <= LONGEST_CHECKPOINT_INTERVAL_MS) return ms;
  throw new InvalidArgumentError('It must not be longer than 45m.');
}

/** What those flags say. Throws USAGE. */
export function uploadOptions(context: CliContext, flags: UploadFlags): SharedUploadOptions {
  const { stdin, env } = context;
  if (flags.forceEnableActions === true) warn(context, 'Holdfast runs no actions of policies');
  const { description, startTime, endTime, stdinFile, failFast } = flags;
  if (startTime !== undefined && endTime !== undefined && startTime > endTime)
    throw usageError('--start-time is after --end-time');
  if (description !== undefined && Buffer.byteLength(description) > LONGEST_DESCRIPTION)
    throw usageError(`--description is longer than ${LONGEST_DESCRIPTION} bytes`);
  return {
    tags: parseTags(flags.tags),
    pins: flags.pin,
    forceHashPercent: flags.forceHash,
    failFast: failFast ?? isTrue(env['KOPIA_SNAPSHOT_FAIL_FAST']),
    ...(flags.uploadLimitMb > 0 && { uploadLimitBytes: flags.uploadLimitMb * MIB }),
    ...((flags.checkpointInterval ?? 0) > 0 && { checkpointIntervalMs: flags.checkpointInterval }),
    ...(description !== undefined && { description }),
    ...(startTime !== undefined && { startTimeNs: startTime }),
    ...(endTime !== undefined && { endTimeNs: endTime }),
    ...(stdinFile !== undefined && { stdin: { name: stdinFile, stream: stdin } }),
  };
}
