import { DEFAULT_EPOCH_PARAMETERS } from '../format/defaults.ts';
import {
  changeParameters,
  type MutableFormat,
  type ParameterChanges,
  updateFormat,
} from '../format/set-parameters.ts';
import { UNREADABLE_INDEX_ID } from '../format/upgrade-lock.ts';
import { loadParameters } from '../maintenance/parameters.ts';
import type { MaintenanceParts } from '../maintenance/parts.ts';
import { checkRetention } from '../maintenance/settings.ts';
import { migrateIndexes, removeUnusedEpochs } from './migrate-indexes.ts';

/** Changes what can be changed of a repository; `upgrade` gives it epochs and the newest index version first, as kopia's
 *  flag of that name does, without keeping others out. This and all other open clients must open the repository again.
 *  Throws CONFIG_INVALID, UPGRADE_IN_PROGRESS, and what the storage throws: STORAGE_UNSUPPORTED where it has no object lock. */
export async function setRepositoryParameters(
  parts: MaintenanceParts,
  changes: ParameterChanges & { readonly upgrade?: boolean },
): Promise<MutableFormat> {
  const { upgrade = false, ...others } = changes;
  const change = (before: MutableFormat): MutableFormat =>
    changeParameters(upgrade ? withEpochs(before) : before, others);
  const planned = change(parts.opened);
  checkRetention(await loadParameters(await parts.manifests()), planned.retention);
  if (!upgrade || parts.opened.format.epochParameters.enabled) return await storeFormat(parts, change);
  await removeUnusedEpochs(parts);
  const migrated = await migrateIndexes(parts);
  const stored = await storeFormat(parts, change);
  await closeLegacyIndex(parts);
  // What others have written to the old index in the meantime.
  await migrateIndexes(parts, migrated);
  return stored;
}

/** Keeps clients out that know no epochs. */
export async function closeLegacyIndex({ storage, putOptions }: MaintenanceParts): Promise<void> {
  await storage.put(UNREADABLE_INDEX_ID, [UNREADABLE_INDEX], putOptions);
}

const UNREADABLE_INDEX = Buffer.from(
  'The format of this repository has been upgraded: use a newer release of kopia.',
);

async function storeFormat(
  { storage, opened, random }: MaintenanceParts,
  change: (before: MutableFormat) => MutableFormat,
): Promise<MutableFormat> {
  return await updateFormat(storage, { formatKey: opened.formatKey, random }, change);
}

/** With epochs, which take format version 2. */
export function withEpochs({ format, retention }: MutableFormat): MutableFormat {
  const { epochParameters } = format;
  return {
    format: {
      ...format,
      formatVersion: Math.max(2, format.formatVersion),
      indexVersion: 2,
      epochParameters: epochParameters.enabled ? epochParameters : DEFAULT_EPOCH_PARAMETERS,
    },
    retention,
  };
}
