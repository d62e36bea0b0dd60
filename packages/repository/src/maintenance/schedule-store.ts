import type { BlobStorage } from '../blob/storage.ts';
import { repositoryErrorCode } from '../errors.ts';
import {
  decodeMaintenanceBlob,
  EMPTY_SCHEDULE,
  encodeMaintenanceBlob,
  MAINTENANCE_BLOB_ID,
  type MaintenanceSchedule,
} from '../format/maintenance-blob.ts';
import { type OpenedFormat, rootKeys } from '../format/open-format.ts';

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
