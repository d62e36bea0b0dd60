import type { GoJsonObject, Repository } from '@holdfast/repository';
import {
  type CounterValues,
  listSnapshots,
  loadSnapshot,
  type SnapshotManifest,
  verifySnapshots,
  type VerifyResult,
} from '@holdfast/uploader';
import type { CliContext } from '../../context.ts';
import { CliError } from '../../errors.ts';
import { percentage, repeatable, wholeNumber } from '../../options.ts';
import { FailureReport } from '../../output/failures.ts';
import { tell } from '../../output/messages.ts';
import { ProgressLine } from '../../output/progress.ts';
import { sendJson } from '../../output/send.ts';
import { bytesText, counted, countText } from '../../output/units.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';
import { sourceOf } from '../source.ts';

interface VerifyFlags {
  readonly sources: readonly string[];
  readonly verifyFilesPercent: number;
  readonly parallel: number;
  readonly json?: boolean;
}

/** `snapshot verify` */
export const registerVerify: RegisterCommand = (group, context) => {
  const command = group
    .command('verify')
    .description('check that everything snapshots consist of is there')
    .argument('[ids...]', 'IDs of snapshots; without IDs and --sources: all')
    .option('--verify-files-percent <percent>', 'also read this share of all files', percentage, 0)
    .option('--parallel <n>', 'worker threads; 0 for one a core', wholeNumber(), 0)
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES);
  repeatable(command, '--sources <source>', 'snapshots of this source (can be repeated)');
  command.action(async (ids: string[]) => {
    const flags = command.opts<VerifyFlags>();
    const options = globalOptions(command);
    const open = { access: 'read', isFresh: true, workers: flags.parallel || undefined } as const;
    await withRepository(context, options, open, async ({ repository }) => {
      const snapshots = await chosenSnapshots(context, repository, ids, flags.sources);
      await verify(context, repository, snapshots, { ...flags, progress: options.progress });
    });
  });
};

const EXAMPLES = `
Examples:
  holdfast snapshot verify                                  every directory and index entry
  holdfast snapshot verify --verify-files-percent 5         and every twentieth file
  holdfast snapshot verify --sources ~/documents --verify-files-percent 100

Ends with 1 when something is missing or damaged.`;

async function chosenSnapshots(
  context: CliContext,
  repository: Repository,
  ids: readonly string[],
  sources: readonly string[],
): Promise<readonly SnapshotManifest[]> {
  if (ids.length === 0 && sources.length === 0) return await listSnapshots(repository);
  const chosen: SnapshotManifest[] = [];
  for (const source of sources)
    chosen.push(...(await listSnapshots(repository, sourceOf(source, context, repository))));
  for (const id of ids) chosen.push(await loadSnapshot(repository, id));
  return chosen;
}

async function verify(
  context: CliContext,
  repository: Repository,
  snapshots: readonly SnapshotManifest[],
  flags: VerifyFlags & { readonly progress: boolean },
): Promise<void> {
  const line = new ProgressLine(context, flags.progress);
  const failures = new FailureReport(context, line, 'verify');
  const { verifyFilesPercent: filesPercent } = flags;
  const expectedBytes = (expectationOf(snapshots).bytes * filesPercent) / 100;
  let counters: Partial<CounterValues> = {};
  const result = await verifySnapshots(repository, {
    snapshots,
    filesPercent,
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
    `Verified ${counted(snapshots.length, 'snapshot')}: ${counted(result.objects, 'object')}, ` +
      `${counted(restoredFiles, 'file')} read (${bytesText(restoredBytes)}).`,
  );
  if (flags.json === true) await sendJson(context.stdout, verifyJson(snapshots, result, counters));
  if (result.failedCount > 0)
    throw new CliError(
      'VERIFICATION_FAILED',
      `${counted(result.failedCount, 'error')}: see above what is damaged`,
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
