import type { BlobMetadata } from '../blob/storage.ts';
import { repositoryErrorCode } from '../errors.ts';
import { MAINTENANCE_BLOB_ID, type MaintenanceSchedule } from '../format/maintenance-blob.ts';
import type { MaintenanceRunParts } from './parts.ts';
import { loadSchedule, saveSchedule } from './schedule-store.ts';

/** The schedule during one run, which is read once. Whoever pauses maintenance meanwhile must not have that undone, so
 *  before each change the blob's time and length are compared with those of the last change made here, and what somebody
 *  else has written is read. As for every writer of this blob, the last of two at the same moment wins. */
export class KeptSchedule {
  readonly #parts: Pick<MaintenanceRunParts, 'storage' | 'opened'>;
  #schedule: Promise<MaintenanceSchedule> | undefined;
  #written: BlobMetadata | undefined;

  constructor(parts: Pick<MaintenanceRunParts, 'storage' | 'opened'>) {
    this.#parts = parts;
  }

  /** As of the last change made here, or else of the first call. Throws FORMAT_CORRUPT. */
  async current(): Promise<MaintenanceSchedule> {
    this.#schedule ??= loadSchedule(this.#parts);
    return await this.#schedule;
  }

  /** Stores what `change` makes of the schedule as it is now; returns the blob as it is stored then. */
  async update(change: (schedule: MaintenanceSchedule) => MaintenanceSchedule): Promise<BlobMetadata> {
    if (await this.#wasChangedElsewhere()) this.#schedule = undefined;
    const changed = change(await this.current());
    await saveSchedule(this.#parts, changed);
    this.#schedule = Promise.resolve(changed);
    this.#written = await this.#parts.storage.getMetadata(MAINTENANCE_BLOB_ID);
    return this.#written;
  }

  /** Before the first change what was read a moment ago counts. */
  async #wasChangedElsewhere(): Promise<boolean> {
    if (this.#written === undefined) return false;
    const { timestampMs, length } = this.#written;
    const found = await this.#found();
    return found?.timestampMs !== timestampMs || found.length !== length;
  }

  async #found(): Promise<BlobMetadata | undefined> {
    try {
      return await this.#parts.storage.getMetadata(MAINTENANCE_BLOB_ID);
    } catch (error) {
      if (repositoryErrorCode(error) === 'BLOB_NOT_FOUND') return undefined;
      throw error;
    }
  }
}
