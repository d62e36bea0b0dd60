import { RepositoryError } from '../errors.ts';
import type { MaintenanceSchedule } from '../format/maintenance-blob.ts';
import type { Retention } from '../blob/storage.ts';
import {
  type LogRetention,
  loadParameters,
  type MaintenanceParameters,
  saveParameters,
} from './parameters.ts';
import { type MaintenanceParts, ownName } from './parts.ts';
import { loadSchedule, saveSchedule } from './schedule-store.ts';
import type { MaintenanceMode } from './tasks.ts';
import { dueMode, nsOfMs } from './timing.ts';

/** What is known about the maintenance of a repository. */
export interface MaintenanceInfo {
  readonly parameters: MaintenanceParameters;
  readonly schedule: MaintenanceSchedule;
  /** Whether this client is the one that runs it. */
  readonly isOwner: boolean;
  /** What the schedule asks for now, whoever the owner is. */
  readonly due: MaintenanceMode | undefined;
}

/** Changes of a cycle. */
export interface CycleChanges {
  readonly enabled?: boolean;
  readonly intervalMs?: number;
  /** No run before this much time has passed. */
  readonly pauseMs?: number;
}

/** What is to be changed; the rest stays. */
export interface MaintenanceChanges {
  /** `user@host`, or `me` for this client. */
  readonly owner?: string;
  readonly quick?: CycleChanges;
  readonly full?: CycleChanges;
  readonly logRetention?: Partial<LogRetention>;
  readonly extendObjectLocks?: boolean;
  readonly listParallelism?: number;
}

/** Parameters, schedule and history as they are stored. */
export async function maintenanceInfo(parts: MaintenanceParts): Promise<MaintenanceInfo> {
  const parameters = await loadParameters(await parts.manifests());
  const schedule = await loadSchedule(parts);
  return {
    parameters,
    schedule,
    isOwner: parameters.owner === ownName(parts),
    due: dueMode(schedule, parameters, parts.clock.nowMs()),
  };
}

/** Changes parameters or schedule; durable when this resolves. Throws CONFIG_INVALID when object locks would end before
 *  they are extended. */
export async function setMaintenance(
  parts: MaintenanceParts,
  changes: MaintenanceChanges,
): Promise<MaintenanceInfo> {
  const before = await maintenanceInfo(parts);
  const parameters = changedParameters(before.parameters, changes, ownName(parts));
  checkRetention(parameters, parts.opened.retention);
  const schedule = pausedSchedule(before.schedule, changes, parts.clock.nowMs());
  if (schedule !== before.schedule) await saveSchedule(parts, schedule);
  if (hasParameterChanges(changes)) {
    saveParameters(await parts.manifests(), parameters);
    await parts.flush();
  }
  return await maintenanceInfo(parts);
}

function changedParameters(
  before: MaintenanceParameters,
  changes: MaintenanceChanges,
  own: string,
): MaintenanceParameters {
  return {
    ...before,
    owner: changes.owner === 'me' ? own : (changes.owner ?? before.owner),
    quick: changedCycle(before.quick, changes.quick),
    full: changedCycle(before.full, changes.full),
    logRetention: { ...before.logRetention, ...changes.logRetention },
    extendObjectLocks: changes.extendObjectLocks ?? before.extendObjectLocks,
    listParallelism: changes.listParallelism ?? before.listParallelism,
  };
}

function changedCycle(
  before: MaintenanceParameters['quick'],
  changes: CycleChanges = {},
): MaintenanceParameters['quick'] {
  const { enabled = before.enabled, intervalMs = before.intervalMs } = changes;
  return { enabled, intervalMs };
}

function hasParameterChanges({ quick, full, ...others }: MaintenanceChanges): boolean {
  const cycles = [quick, full].flatMap((cycle) => [cycle?.enabled, cycle?.intervalMs]);
  return [...cycles, ...Object.values(others)].some((value) => value !== undefined);
}

function pausedSchedule(
  before: MaintenanceSchedule,
  { quick, full }: MaintenanceChanges,
  nowMs: number,
): MaintenanceSchedule {
  if (quick?.pauseMs === undefined && full?.pauseMs === undefined) return before;
  return {
    ...before,
    ...(quick?.pauseMs !== undefined && { nextQuickNs: nsOfMs(nowMs + quick.pauseMs) }),
    ...(full?.pauseMs !== undefined && { nextFullNs: nsOfMs(nowMs + full.pauseMs) }),
  };
}

const LEAST_MARGIN_MS = 24 * 3_600_000;

/** Throws CONFIG_INVALID when object locks would end before they are extended.
 *  Source: kopia repo/maintenance/blob_retain.go. */
export function checkRetention(
  { extendObjectLocks, full }: MaintenanceParameters,
  retention: Retention | undefined,
): void {
  if (!extendObjectLocks || retention === undefined) return;
  if (retention.periodMs - full.intervalMs >= LEAST_MARGIN_MS) return;
  throw new RepositoryError(
    'CONFIG_INVALID',
    'object locks must last at least 24 hours longer than the interval of full maintenance, which extends them',
    { periodMs: retention.periodMs, intervalMs: full.intervalMs },
  );
}
