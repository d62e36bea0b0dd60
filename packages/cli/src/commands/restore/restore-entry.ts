import type { GoJsonObject, Repository } from '@holdfast/repository';
import {
  type CounterValues,
  type DirectoryEntry,
  type RestoreOptions,
  type RestoreResult,
  restoreSnapshot,
} from '@holdfast/uploader';
import type { CliContext } from '../../context.ts';
import { exitCode } from '../../exit-code.ts';
import { FailureReport } from '../../output/failures.ts';
import { tell, warn } from '../../output/messages.ts';
import { type Progress, ProgressLine } from '../../output/progress.ts';
import { sendJson } from '../../output/send.ts';
import { bytesText, counted, countText } from '../../output/units.ts';

/** The flags of `restore`, and whether progress is shown. */
export interface RestoreFlags {
  readonly overwriteDirectories: boolean;
  readonly overwriteFiles: boolean;
  readonly overwriteSymlinks: boolean;
  readonly writeSparseFiles: boolean;
  readonly ignorePermissionErrors: boolean;
  readonly writeFilesAtomically?: boolean;
  readonly flushFiles?: boolean;
  readonly skipExisting?: boolean;
  readonly deleteExtra?: boolean;
  readonly shallow?: number;
  readonly shallowMinsize: number;
  readonly skipOwners?: boolean;
  readonly skipPermissions?: boolean;
  readonly skipTimes?: boolean;
  readonly ignoreErrors?: boolean;
  readonly parallel: number;
  readonly mode?: 'auto' | 'local';
  readonly json?: boolean;
  readonly progress: boolean;
}

/** What to restore and where to. */
export interface RestorePlace {
  readonly entry: DirectoryEntry;
  /** Absolute. */
  readonly target: string;
}

/** Restores and tells of it. Throws what restoring throws. */
export async function restoreEntry(
  context: CliContext,
  repository: Repository,
  place: RestorePlace,
  flags: RestoreFlags,
): Promise<void> {
  const line = new ProgressLine(context, flags.progress);
  const failures = new FailureReport(context, line, 'restore');
  let counters: Partial<CounterValues> = {};
  const result = await restoreSnapshot(repository, {
    ...place,
    options: restoreOptions(flags),
    signal: context.signal,
    onProgress: (progress) => {
      counters = progress;
      line.update(restoreProgress(progress, place.entry));
    },
    onFailure: failures.add,
  }).finally(() => failures.end());
  report(context, place, result, counters);
  if (result.failedCount > 0 && flags.ignoreErrors !== true) context.setExitCode(exitCode.incomplete);
  if (flags.json === true) await sendJson(context.stdout, resultJson(place, result, counters));
}

function restoreOptions(flags: RestoreFlags): RestoreOptions {
  return {
    overwriteDirectories: flags.overwriteDirectories,
    deleteExtra: flags.deleteExtra === true,
    shallowDepth: flags.shallow,
    shallowMinSize: flags.shallowMinsize,
    overwriteFiles: flags.overwriteFiles,
    overwriteSymlinks: flags.overwriteSymlinks,
    atomic: flags.writeFilesAtomically === true,
    flush: flags.flushFiles === true,
    skipOwners: flags.skipOwners === true,
    skipPermissions: flags.skipPermissions === true,
    skipTimes: flags.skipTimes === true,
    skipExisting: flags.skipExisting === true,
    sparse: flags.writeSparseFiles,
    ignorePermissionErrors: flags.ignorePermissionErrors,
  };
}

function restoreProgress(counters: CounterValues, { summary, size }: DirectoryEntry): Progress {
  const { restoredFiles, restoredBytes, skippedFiles, failedFiles } = counters;
  const total = summary === undefined ? '' : ` of ${countText(summary.files + summary.symlinks)}`;
  return {
    done: [
      `${countText(restoredFiles)}${total} restored (${bytesText(restoredBytes)})`,
      ...(skippedFiles > 0 ? [`${countText(skippedFiles)} skipped`] : []),
      ...(failedFiles > 0 ? [`${countText(failedFiles)} failed`] : []),
    ],
    bytes: restoredBytes,
    expectedBytes: summary?.size ?? size,
  };
}

function report(
  context: CliContext,
  { target }: RestorePlace,
  { failedCount, problems, skippedImages, removed }: RestoreResult,
  { restoredFiles = 0, restoredBytes = 0, skippedFiles = 0 }: Partial<CounterValues>,
): void {
  const skipped = skippedFiles > 0 ? `, left ${countText(skippedFiles)} alone` : '';
  tell(
    context,
    `Restored ${counted(restoredFiles, 'file')} (${bytesText(restoredBytes)}) to ${target}${skipped}.`,
  );
  if (removed.directories + removed.files + removed.symlinks > 0)
    tell(context, `Deleted what the snapshot does not have: ${removedText(removed)}.`);
  for (const problem of problems) warn(context, problemText(problem));
  for (const device of skippedImages)
    warn(
      context,
      `${device} is the image of a block volume: restore it by itself, as ID${device} to a file or device`,
    );
  if (failedCount > 0) warn(context, `${counted(failedCount, 'entry', 'entries')} could not be restored`);
}

function problemText({ attribute, code, count, example }: RestoreResult['problems'][number]): string {
  return attribute === 'device'
    ? `${counted(count, 'device')} could not be made (${code}), ${example} for instance`
    : `${attribute} of ${counted(count, 'file')} could not be set (${code}), of ${example} for instance`;
}

function removedText({ directories, files, symlinks }: RestoreResult['removed']): string {
  return [
    counted(directories, 'directory', 'directories'),
    counted(files, 'file'),
    counted(symlinks, 'symbolic link'),
  ].join(', ');
}

function resultJson(
  { target }: RestorePlace,
  { failedCount, failed, problems, skippedImages, removed }: RestoreResult,
  { restoredFiles = 0, restoredBytes = 0, skippedFiles = 0 }: Partial<CounterValues>,
): GoJsonObject {
  return {
    target,
    restoredFiles,
    restoredBytes,
    skippedFiles,
    failedCount,
    failed: failed.map(({ path, error }) => ({ path, error })),
    skippedImages,
    removed: { ...removed },
    attributeProblems: problems.map((problem) => ({ ...problem })),
  };
}
