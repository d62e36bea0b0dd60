import type { BlobStorage } from '../blob/storage.ts';
import { parseBlobId } from '../blob/blob-id.ts';
import { RepositoryError } from '../errors.ts';
import { NEWEST_FORMAT_VERSION } from '../format/defaults.ts';
import { decodeFormatBlob, FORMAT_BLOB_ID } from '../format/format-blob.ts';
import { decodeFormat, openFormatField } from '../format/open-format.ts';
import type { UpgradeLock } from '../format/parameters.ts';
import { type MutableFormat, updateFormat } from '../format/set-parameters.ts';
import {
  createUpgradeLock,
  drainedAtMs,
  FORMAT_BACKUP_PREFIX,
  UNREADABLE_INDEX_ID,
  type UpgradeTiming,
} from '../format/upgrade-lock.ts';
import type { MaintenanceParts } from '../maintenance/parts.ts';
import { migrateIndexes, removeUnusedEpochs } from './migrate-indexes.ts';
import { closeLegacyIndex, withEpochs } from './set-repository-parameters.ts';

/** Who upgrades, and how patient they are. */
export interface UpgradeOptions extends UpgradeTiming {
  /** Whoever goes on with an upgrade that was cut off must give the same. */
  readonly ownerId: string;
  readonly signal?: AbortSignal;
  /** Told how long the wait for other clients takes, again and again. */
  readonly onWait?: (leftMs: number) => void;
}

/** Upgrades to the newest format version behind a lock that keeps everybody else out: sets it, waits until all others
 *  have noticed, gives the repository epochs if it has none, and takes the lock away. Cut off anywhere, the same call goes
 *  on; `rollbackUpgrade` goes back. `parts` were opened with `upgradeOwnerId`; everybody must open the repository again.
 *  Returns false when there is nothing to do. Throws UPGRADE_IN_PROGRESS when somebody else holds the lock.
 *  Source: kopia cli/command_repository_upgrade.go. */
export async function upgradeRepository(parts: MaintenanceParts, options: UpgradeOptions): Promise<boolean> {
  const { upgradeLock, formatVersion } = parts.opened.format;
  if (upgradeLock === undefined && formatVersion >= NEWEST_FORMAT_VERSION) return false;
  const { format } = upgradeLock === undefined ? await placeLock(parts, options) : parts.opened;
  const hasEpochs = format.epochParameters.enabled;
  // Formats 2 and 3 differ in nothing that another client would do wrong.
  if (!hasEpochs && format.upgradeLock) {
    await drain(parts, format.upgradeLock, options);
    await removeUnusedEpochs(parts);
    await migrateIndexes(parts, undefined, options.signal);
  }
  const update = updaterOf(parts, options.ownerId);
  await update(locked(withEpochs));
  await closeLegacyIndex(parts);
  await update(locked(withoutLock));
  await removeBackups(parts.storage);
  return true;
}

/** Puts the format back as it was before an upgrade that was not finished. Throws FORMAT_UNSUPPORTED when no upgrade is in
 *  progress, or no copy of the old format is there. */
export async function rollbackUpgrade(parts: MaintenanceParts): Promise<void> {
  const { storage, opened, putOptions } = parts;
  if (opened.format.upgradeLock === undefined) throw notUpgrading('no upgrade is in progress');
  const backups = await Array.fromAsync(storage.list(FORMAT_BACKUP_PREFIX));
  const [oldest] = backups.toSorted((a, b) => a.timestampMs - b.timestampMs);
  if (oldest === undefined) throw notUpgrading('there is no copy of the format before the upgrade');
  await storage.delete(UNREADABLE_INDEX_ID);
  const bytes = await storage.get(oldest.id);
  const before = decodeFormat(openFormatField(decodeFormatBlob(bytes), opened.formatKey));
  await storage.put(FORMAT_BLOB_ID, [bytes], putOptions);
  if (!before.epochParameters.enabled) await removeUnusedEpochs(parts);
  await removeBackups(storage);
}

function withoutLock({ format, retention }: MutableFormat): MutableFormat {
  return { format: { ...format, formatVersion: NEWEST_FORMAT_VERSION, upgradeLock: undefined }, retention };
}

type Update = (change: (before: MutableFormat) => MutableFormat) => Promise<MutableFormat>;

function updaterOf({ storage, opened, random }: MaintenanceParts, upgradeOwnerId: string): Update {
  const keys = { formatKey: opened.formatKey, random };
  return async (change) => await updateFormat(storage, keys, change, { upgradeOwnerId });
}

/** `change` as long as the lock is still there. */
function locked(change: (before: MutableFormat) => MutableFormat): (before: MutableFormat) => MutableFormat {
  return (before) => {
    if (before.format.upgradeLock !== undefined) return change(before);
    throw notUpgrading('the upgrade lock has been taken away: somebody has rolled the upgrade back');
  };
}

/** Keeps a copy of the format blob, then sets the lock. */
async function placeLock(parts: MaintenanceParts, options: UpgradeOptions): Promise<MutableFormat> {
  const { storage, opened, clock, putOptions } = parts;
  const { ownerId } = options;
  const before = opened.format.formatVersion;
  const message = `Upgrading from format version ${before} -> ${NEWEST_FORMAT_VERSION}`;
  const upgradeLock = createUpgradeLock(ownerId, message, clock.nowMs(), options);
  await removeBackups(storage);
  await storage.put(parseBlobId(`${FORMAT_BACKUP_PREFIX}${ownerId}`), [opened.bytes], putOptions);
  return await updaterOf(
    parts,
    ownerId,
  )(({ format, retention }) => ({
    format: { ...format, formatVersion: NEWEST_FORMAT_VERSION, upgradeLock },
    retention,
  }));
}

async function drain(parts: MaintenanceParts, lock: UpgradeLock, options: UpgradeOptions): Promise<void> {
  const { clock } = parts;
  for (const untilMs = drainedAtMs(lock); clock.nowMs() < untilMs;) {
    const leftMs = untilMs - clock.nowMs();
    options.onWait?.(leftMs);
    await clock.sleep(Math.min(leftMs, options.statusPollIntervalMs), options.signal);
  }
}

async function removeBackups(storage: BlobStorage): Promise<void> {
  for await (const { id } of storage.list(FORMAT_BACKUP_PREFIX)) await storage.delete(id);
}

function notUpgrading(message: string): RepositoryError {
  return new RepositoryError('FORMAT_UNSUPPORTED', message);
}
