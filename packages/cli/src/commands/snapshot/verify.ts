import type { GoJsonObject, Repository } from '@holdfast/repository';
import {
  type CounterValues,
  type SnapshotManifest,
  verifySnapshots,
  type VerifyResult,
} from '@holdfast/uploader';
import type { CliContext } from '../../context.ts';
import { CliError } from '../../errors.ts';
import { integer, percentage, wholeNumber } from '../../options.ts';
import { FailureReport } from '../../output/failures.ts';
import { tell } from '../../output/messages.ts';
import { ProgressLine } from '../../output/progress.ts';
import { sendJson } from '../../output/send.ts';
import { bytesText, counted, countText } from '../../output/units.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';
import {
  addTargetFlags,
  targetsText,
  type VerifyTargetFlags,
  type VerifyTargets,
  verifyTargets,
} from './verify-targets.ts';

interface VerifyFlags extends VerifyTargetFlags {
  readonly verifyFilesPercent: number;
  readonly parallel: number;
  readonly fileParallelism?: number;
  readonly maxErrors: number;
  readonly json?: boolean;
}

/** `snapshot verify` */
export const registerVerify: RegisterCommand = (group, context) => {
  const command = group
    .command('verify')
    .description('check that everything snapshots consist of is there')
    .argument('[ids...]', 'IDs of snapshots; when nothing is named: all')
    .option('--verify-files-percent <percent>', 'also read this share of all files', percentage, 0)
    .option('--max-errors <n>', 'stop after that many errors; 0 or less for never', integer, 0)
    .option('--parallel <n>', 'worker threads; 0 for one a core', wholeNumber(), 0)
    .option('--file-parallelism <n>', 'the same, and counts when both are given', wholeNumber())
    .option('--file-queue-length <n>', 'no effect: files wait in memory of fixed size', wholeNumber())
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES);
  addTargetFlags(command);
  command.action(async (ids: string[]) => {
    const flags = command.opts<VerifyFlags>();
    const options = globalOptions(command);
    const workers = flags.fileParallelism || flags.parallel || undefined;
    const open = { access: 'read', isFresh: true, workers } as const;
    await withRepository(context, options, open, async ({ repository }) => {
      const targets = await verifyTargets(context, repository, ids, flags);
      await verify(context, repository, targets, { ...flags, progress: options.progress });
    });
  });
};

const EXAMPLES = `
Examples:
  holdfast snapshot verify                                  every directory and index entry
  holdfast snapshot verify --verify-files-percent 5         and every twentieth file
  holdfast snapshot verify --sources ~/documents --verify-files-percent 100

Ends with 1 when something is missing or damaged.`;

async function verify(
  context: CliContext,
  repository: Repository,
  { snapshots, objects }: VerifyTargets,
  flags: VerifyFlags & { readonly progress: boolean },
): Promise<void> {
  const line = new ProgressLine(context, flags.progress);
  const failures = new FailureReport(context, line, 'verify');
  const { verifyFilesPercent: filesPercent, maxErrors } = flags;
  const expectedBytes = (expectationOf(snapshots).bytes * filesPercent) / 100;
  let counters: Partial<CounterValues> = {};
  const result = await verifySnapshots(repository, {
    snapshots,
    objects,
    filesPercent,
    maxErrors,
    signal: context.signal,
    onProgress: (progress) => {
      counters = progress;
      const { restoredFiles: files, restoredBytes: bytes } = progress;
      line.update({ done: [`${countText(files)} files read (${bytesText(bytes)})`], bytes, expectedBytes });
    },
    onFailure: failures.add,
  }).finally(() => failures.end());
  const { restoredFiles = 0, restoredBytes = 0 } = counters;
  tell(
    context,
    `Verified ${targetsText({ snapshots, objects })}: ${counted(result.objects, 'object')}, ` +
      `${counted(restoredFiles, 'file')} read (${bytesText(restoredBytes)}).`,
  );
  if (flags.json === true) await sendJson(context.stdout, verifyJson(snapshots, result, counters));
  if (result.failedCount > 0)
    throw new CliError(
      'VERIFICATION_FAILED',
      `${counted(result.failedCount, 'error')}: see above what is damaged` +
        (maxErrors > 0 && result.failedCount >= maxErrors ? '; there may be more (--max-errors)' : ''),
    );
}

/** What the summaries of snapshots promise, in kopia's way of counting. */
function expectationOf(snapshots: readonly SnapshotManifest[]): {
  readonly objects: number;
  readonly files: number;
  readonly bytes: number;
} {
  const sum = { objects: 0, files: 0, bytes: 0 };
  for (const { rootEntry } of snapshots) {
    const { files, dirs, symlinks, size } = rootEntry?.summary ?? { files: 0, dirs: 0, symlinks: 0, size: 0 };
    sum.objects += files + dirs + symlinks;
    sum.files += files;
    sum.bytes += size;
  }
  return sum;
}

/** The result as kopia's JSON. Source: kopia snapshot/snapshotfs/snapshot_verifier.go. */
function verifyJson(
  snapshots: readonly SnapshotManifest[],
  { objects, bytes, failedCount, failed }: VerifyResult,
  { restoredFiles = 0, restoredBytes = 0 }: Partial<CounterValues>,
): GoJsonObject {
  const expected = expectationOf(snapshots);
  return {
    stats: {
      processedObjectCount: objects,
      processedBytes: bytes,
      readFileCount: restoredFiles,
      readBytes: restoredBytes,
      expectedTotalObjectCount: expected.objects,
      expectedTotalFileCount: expected.files,
      expectedTotalBytes: expected.bytes,
    },
    errorCount: failedCount,
    errorStrings: failed.length > 0 ? failed.map(({ path, error }) => `${path}: ${error}`) : undefined,
  };
}
