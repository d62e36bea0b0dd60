import type { GoJsonObject, Repository } from '@holdfast/repository';
import {
  EMPTY_POLICY,
  formatSource,
  isSameSource,
  loadPolicies,
  savePolicy,
  setManual,
  type SnapshotSource,
  type UploadProgress,
  type UploadResult,
  uploadSnapshot,
} from '@holdfast/uploader';
import type { CliContext } from '../../context.ts';
import { CliError } from '../../errors.ts';
import { FailureReport } from '../../output/failures.ts';
import { tell, warn } from '../../output/messages.ts';
import { type Progress, ProgressLine } from '../../output/progress.ts';
import { sendJson } from '../../output/send.ts';
import { bytesText, counted, countText, durationText } from '../../output/units.ts';
import { snapshotJson } from './json.ts';
import type { SnapshotJob } from './jobs.ts';
import { type DetailFlags, tellSavedEntries } from './saved-entries.ts';
import type { SharedUploadOptions } from './upload-flags.ts';

/** How a snapshot is told of. */
export interface CreateFlags extends DetailFlags {
  readonly json?: boolean;
  readonly jsonVerbose?: boolean;
  readonly progress: boolean;
}

/** Takes one snapshot and tells of it. Throws what the upload throws, and SNAPSHOT_FAILED when a failure was to stop it. */
export async function createSnapshot(
  context: CliContext,
  repository: Repository,
  { source, path, isManual }: SnapshotJob,
  { flags, options }: { readonly flags: CreateFlags; readonly options: SharedUploadOptions },
): Promise<UploadResult> {
  const line = new ProgressLine(context, flags.progress);
  const failures = new FailureReport(context, line, 'save');
  tell(context, `Snapshotting ${formatSource(source)} ...`);
  const tellStopping = (): void => {
    line.clear();
    tell(context, options.stdin === undefined ? STOPPING : STOPPING_STREAM);
  };
  context.signal.addEventListener('abort', tellStopping, { once: true });
  const result = await uploadSnapshot(repository, {
    ...options,
    source,
    path,
    cancel: context.signal,
    estimates: flags.progress,
    onProgress: (progress) => line.update(uploadProgress(progress)),
    onFailure: failures.add,
  }).finally(() => {
    context.signal.removeEventListener('abort', tellStopping);
    failures.end();
  });
  if (isManual) await makeManual(repository, source);
  if (!result.isIdentical) await tellSavedEntries(context, repository, result.snapshot, flags);
  report(context, result);
  if (flags.json === true) await sendJson(context.stdout, resultJson(result, flags));
  if (options.failFast === true && result.failedCount > 0)
    throw new CliError('SNAPSHOT_FAILED', 'stopped at the first failure, as --fail-fast asks');
  return result;
}

const AT_ONCE = 'Ctrl-C again ends at once.';
const STOPPING = `Stopping: what was saved so far is kept as a checkpoint, from which the next run goes on. ${AT_ONCE}`;
/** Nobody can say where in the stream the next run would be. */
const STOPPING_STREAM = `Stopping. ${AT_ONCE}`;

/** As kopia does after saving what only a person at the command line can save again. */
async function makeManual(repository: Repository, source: SnapshotSource): Promise<void> {
  const defined = await loadPolicies(repository);
  const policy = defined.find(({ target }) => isSameSource(target, source))?.policy ?? EMPTY_POLICY;
  if (policy.scheduling.manual !== true) await savePolicy(repository, source, setManual(policy));
}

function uploadProgress(progress: UploadProgress): Progress {
  const { hashedFiles, hashedBytes, cachedFiles, cachedBytes, failedFiles } = progress;
  return {
    done: [
      `${countText(hashedFiles)} hashed (${bytesText(hashedBytes)})`,
      `${countText(cachedFiles)} cached (${bytesText(cachedBytes)})`,
      ...(failedFiles > 0 ? [`${countText(failedFiles)} failed`] : []),
      `${bytesText(progress.storedBytes)} stored`,
    ],
    bytes: hashedBytes + cachedBytes,
    expectedBytes: progress.expectedBytes,
  };
}

function report(context: CliContext, result: UploadResult): void {
  const { snapshot, failedCount, ignoredCount, changedCount, progress } = result;
  const { startTimeNs, endTimeNs, rootEntry, id, source } = snapshot;
  const partial = snapshot.incomplete === undefined ? '' : 'partial ';
  const time = durationText(Number(endTimeNs - startTimeNs) / 1e6);
  if (result.isIdentical)
    tell(context, `Not saved: nothing has changed since snapshot ${id}, as the policy asks`);
  else tell(context, `Created ${partial}snapshot with root ${rootEntry?.objectId} and ID ${id} in ${time}`);
  const place = `while snapshotting ${formatSource(source)}`;
  if (changedCount > 0) warn(context, changedText(result, place));
  if (progress.skippedSockets > 0)
    warn(context, `left out ${counted(progress.skippedSockets, 'socket')} ${place}: only programs make them`);
  if (ignoredCount > 0)
    warn(context, `ignored ${counted(ignoredCount, 'error')} ${place}, as the policy says`);
  if (failedCount > 0)
    warn(context, `the snapshot lacks what could not be read: ${counted(failedCount, 'error')} ${place}`);
}

function changedText({ changedCount, changed }: UploadResult, place: string): string {
  const named = changed.slice(0, MOST_NAMED);
  const more = changedCount > named.length ? [`${countText(changedCount - named.length)} more`] : [];
  return `${counted(changedCount, 'file')} changed while being read ${place}: ${[...named, ...more].join(', ')}`;
}

/** In one line. */
const MOST_NAMED = 10;

/** kopia leaves the statistics out unless asked for them, and has no word for the members at the end, which are only there
 *  when there is something to say. */
function resultJson(result: UploadResult, { jsonVerbose }: CreateFlags): GoJsonObject {
  const { snapshot, changedCount, changed, progress } = result;
  return {
    ...snapshotJson(snapshot),
    ...(jsonVerbose !== true && { stats: undefined }),
    ...(changedCount > 0 && { changedFiles: { count: changedCount, paths: [...changed] } }),
    ...(progress.skippedSockets > 0 && { skippedSockets: progress.skippedSockets }),
  };
}
