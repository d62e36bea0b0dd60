import type { BlobStorage } from '../blob/storage.ts';
import { repositoryErrorCode } from '../errors.ts';
import {
  addRun,
  decodeMaintenanceBlob,
  EMPTY_SCHEDULE,
  encodeMaintenanceBlob,
  MAINTENANCE_BLOB_ID,
  type MaintenanceRun,
  type MaintenanceSchedule,
} from '../format/maintenance-blob.ts';
import { type OpenedFormat, rootKeys } from '../format/open-format.ts';
import type { MaintenanceTask } from './tasks.ts';

/** What reading and writing the schedule takes. */
export interface ScheduleParts {
  readonly storage: Pick<BlobStorage, 'get' | 'put'>;
  readonly opened: OpenedFormat;
}

/** The schedule as it is stored; an empty one where there is none. Throws FORMAT_CORRUPT. */
export async function loadSchedule({ storage, opened }: ScheduleParts): Promise<MaintenanceSchedule> {
  try {
    return decodeMaintenanceBlob(await storage.get(MAINTENANCE_BLOB_ID), rootKeys(opened));
  } catch (error) {
    if (repositoryErrorCode(error) === 'BLOB_NOT_FOUND') return EMPTY_SCHEDULE;
    throw error;
  }
}

/** Replaces the schedule. */
export async function saveSchedule(
  { storage, opened }: ScheduleParts,
  schedule: MaintenanceSchedule,
): Promise<void> {
  await storage.put(MAINTENANCE_BLOB_ID, [encodeMaintenanceBlob(schedule, rootKeys(opened))]);
}

/** Adds a run to the history. Read anew each time, so that a change made meanwhile stays. */
export async function recordRun(
  parts: ScheduleParts,
  task: MaintenanceTask,
  run: MaintenanceRun,
): Promise<void> {
  await saveSchedule(parts, addRun(await loadSchedule(parts), task, run));
}
