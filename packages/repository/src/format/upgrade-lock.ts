import { parseBlobId } from '../blob/blob-id.ts';
import type { BlobId } from '../blob/storage.ts';
import { formatTimeNs, type GoJsonObject, parseTimeNs } from './go-json.ts';
import { durationNs, JsonFields } from './json-fields.ts';
import type { UpgradeLock } from './parameters.ts';

/** Written when a repository gets epochs, so that clients that know none fail; it is no index.
 *  Source: kopia repo/format/upgrade_lock.go. */
export const UNREADABLE_INDEX_ID: BlobId = parseBlobId(
  'n00000000000000000000000000000000-repository_unreadable_by_this_kopia_version_upgrade_required',
);

/** Start of the names under which upgrades keep copies of the format blob. */
export const FORMAT_BACKUP_PREFIX = 'kopia.repository.backup.';

/** How long others are given to notice the lock. */
export interface UpgradeTiming {
  /** After this long no client relies on the format that it has read. */
  readonly ioDrainTimeoutMs: number;
  /** How often they are asked to look whether the lock is gone. */
  readonly statusPollIntervalMs: number;
  readonly maxClockDriftMs: number;
}

/** A new lock, placed at `nowMs`. Source: kopia repo/format/upgrade_lock_intent.go. */
export function createUpgradeLock(
  ownerId: string,
  message: string,
  nowMs: number,
  timing: UpgradeTiming,
): UpgradeLock {
  const creationTime = formatTimeNs(BigInt(Math.trunc(nowMs)) * 1_000_000n);
  const json: GoJsonObject = {
    ownerID: ownerId,
    creationTime,
    ioDrainTimeout: durationNs(timing.ioDrainTimeoutMs),
    statusPollInterval: durationNs(timing.statusPollIntervalMs),
    message,
    maxPermittedClockDrift: durationNs(timing.maxClockDriftMs),
  };
  return { ownerId, creationTime, message, json };
}

/** When all others have noticed the lock or stopped, in milliseconds since the Unix epoch. Throws SyntaxError. */
export function drainedAtMs({ json, creationTime }: UpgradeLock): number {
  const fields = new JsonFields(json, 'upgradeLock');
  const drainMs = fields.durationMs('maxPermittedClockDrift') + 2 * fields.durationMs('ioDrainTimeout');
  const createdMs = Number(parseTimeNs(creationTime) / 1_000_000n);
  return createdMs + Math.max(drainMs, fields.durationMs('advanceNoticeDuration'));
}
