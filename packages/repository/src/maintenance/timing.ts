import type { MaintenanceRun, MaintenanceSchedule } from '../format/maintenance-blob.ts';
import type { MaintenanceParameters } from './parameters.ts';
import type { SafetyParameters } from './safety.ts';
import type { MaintenanceMode, MaintenanceTask } from './tasks.ts';

/* What the schedule and the history of runs allow, as pure decisions. Times are milliseconds since the Unix epoch.
 * Source: kopia repo/maintenance/maintenance_run.go. */

const NS_PER_MS = 1_000_000n;

/** Nanoseconds of a time in milliseconds. */
export function nsOfMs(ms: number): bigint {
  return BigInt(Math.round(ms)) * NS_PER_MS;
}

/** Milliseconds of a time in nanoseconds, rounded down. */
export function msOfNs(ns: bigint): number {
  return Number(ns / NS_PER_MS);
}

/** What is due now; full maintenance goes before quick, whose work it includes. */
export function dueMode(
  schedule: MaintenanceSchedule,
  parameters: MaintenanceParameters,
  nowMs: number,
): MaintenanceMode | undefined {
  if (parameters.full.enabled && isDue(schedule.nextFullNs, nowMs)) return 'full';
  if (parameters.quick.enabled && isDue(schedule.nextQuickNs, nowMs)) return 'quick';
  return undefined;
}

/** The schedule with the times of the next runs, as it is stored before a run so that a crash does not repeat it at once. */
export function scheduleNext(
  schedule: MaintenanceSchedule,
  mode: MaintenanceMode,
  parameters: MaintenanceParameters,
  nowMs: number,
): MaintenanceSchedule {
  const nextQuickNs = nsOfMs(nowMs + parameters.quick.intervalMs);
  if (mode === 'quick') return { ...schedule, nextQuickNs };
  return { ...schedule, nextQuickNs, nextFullNs: nsOfMs(nowMs + parameters.full.intervalMs) };
}

/** Whether contents may be written again: not while packs that an earlier rewrite left behind wait to be deleted, or
 *  rewriting would put off deleting for ever. */
export function mayRewrite(
  schedule: MaintenanceSchedule,
  mode: MaintenanceMode,
  safety: SafetyParameters,
): boolean {
  const tasks: MaintenanceTask[] =
    mode === 'full' ? ['full-rewrite-contents'] : ['full-rewrite-contents', 'quick-rewrite-contents'];
  const rewrittenNs = lastSuccessNs(schedule, tasks);
  if (rewrittenNs === undefined || safety.rewriteToDeletionMs === 0) return true;
  const deletedNs = lastSuccessNs(schedule, ['full-delete-blobs', 'quick-delete-blobs']);
  return deletedNs !== undefined && deletedNs >= rewrittenNs;
}

/** Whether packs may be deleted: all clients must have had time to learn where rewritten contents are now. */
export function mayDeleteBlobs(
  schedule: MaintenanceSchedule,
  safety: SafetyParameters,
  nowMs: number,
): boolean {
  const rewrittenNs = lastSuccessNs(schedule, ['full-rewrite-contents', 'quick-rewrite-contents']);
  return rewrittenNs === undefined || nsOfMs(nowMs) >= rewrittenNs + nsOfMs(safety.rewriteToDeletionMs);
}

/** Whether the last rewrite was a full one, so that what it left behind is not only metadata packs. */
export function wasLastRewriteFull(schedule: MaintenanceSchedule): boolean {
  const full = lastSuccessNs(schedule, ['full-rewrite-contents']) ?? 0n;
  return full >= (lastSuccessNs(schedule, ['quick-rewrite-contents']) ?? 0n);
}

/** Contents deleted before this time (milliseconds) may be forgotten: a collection that began later than they were deleted,
 *  long enough before the latest one, has seen everything that could have needed them; the latest has brought back what
 *  it found. Undefined while there are no two such collections. */
export function safeDropTimeMs(
  schedule: MaintenanceSchedule,
  safety: SafetyParameters,
  nowMs: number,
): number | undefined {
  if (!safety.requiresTwoGcCycles) return nowMs;
  const [latest, ...earlier] = successfulRuns(schedule, 'snapshot-gc').toSorted((a, b) =>
    a.startNs > b.startNs ? -1 : a.startNs < b.startNs ? 1 : 0,
  );
  if (latest === undefined) return undefined;
  const marginNs = nsOfMs(safety.marginBetweenGcMs);
  const first = earlier.find((run) => latest.startNs - run.endNs > marginNs);
  return first && msOfNs(first.startNs) - safety.dropExtraMarginMs;
}

function isDue(nextNs: bigint | undefined, nowMs: number): boolean {
  return nextNs === undefined || nsOfMs(nowMs) >= nextNs;
}

function successfulRuns(schedule: MaintenanceSchedule, task: MaintenanceTask): readonly MaintenanceRun[] {
  return (schedule.runs[task] ?? []).filter((run) => run.success);
}

/** End of the latest successful run of any of `tasks`. */
function lastSuccessNs(schedule: MaintenanceSchedule, tasks: readonly MaintenanceTask[]): bigint | undefined {
  let latest: bigint | undefined;
  for (const { endNs } of tasks.flatMap((task) => successfulRuns(schedule, task)))
    if (latest === undefined || endNs > latest) latest = endNs;
  return latest;
}
