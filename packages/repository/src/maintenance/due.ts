import { loadParameters } from './parameters.ts';
import { type MaintenanceParts, ownName } from './parts.ts';
import { loadSchedule } from './schedule-store.ts';
import type { MaintenanceMode } from './tasks.ts';
import { dueMode } from './timing.ts';

/** What this client has to run now; undefined when nothing is due or somebody else owns maintenance. One small blob is read,
 *  by the owner alone. Throws MANIFEST_CORRUPT, FORMAT_CORRUPT, and what the storage throws. */
export async function dueMaintenance(parts: MaintenanceParts): Promise<MaintenanceMode | undefined> {
  const parameters = await loadParameters(await parts.manifests());
  if (parameters.owner !== ownName(parts)) return undefined;
  return dueMode(await loadSchedule(parts), parameters, parts.clock.nowMs());
}
