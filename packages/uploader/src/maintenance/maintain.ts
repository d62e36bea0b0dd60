import {
  DEFAULT_BREAKER,
  type MaintenanceChanges,
  type MaintenanceEvent,
  type MaintenanceInfo,
  maintenanceInfo as repositoryMaintenanceInfo,
  type MaintenanceMode,
  type MaintenanceReport,
  type Repository,
  runMaintenance as runRepositoryMaintenance,
  type SafetyLevel,
  setMaintenance as setRepositoryMaintenance,
} from '@holdfast/repository';

import { markSnapshots } from './mark-snapshots.ts';

/** What is to be done and how carefully. */
export interface MaintenanceOptions {
  /** `auto`: what is due, if anything. */
  readonly mode: MaintenanceMode | 'auto';
  /** `none` only where nobody else uses the repository meanwhile. `full` when not given. */
  readonly safety?: SafetyLevel;
  /** Plans and changes nothing. */
  readonly dryRun?: boolean;
  /** Share of the live contents that may be deleted at once, 30 when not given; fewer than 1,000 always may. */
  readonly maxDeletePercent?: number;
  /** Deletes more than that. */
  readonly force?: boolean;
  /** Runs although somebody else owns maintenance; dangerous while they run it too. */
  readonly ignoreOwner?: boolean;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: MaintenanceEvent) => void;
}

/** Maintains a repository: deletes what no snapshot needs, joins small packs, tends the indexes. Nothing may be being read
 *  or written in this process meanwhile. Throws MAINTENANCE_NOT_OWNER, MAINTENANCE_BREAKER (nothing was deleted then),
 *  CLOCK_SKEW, and what reading snapshots and the storage throws. */
export async function runMaintenance(
  repository: Repository,
  options: MaintenanceOptions,
): Promise<MaintenanceReport> {
  const { mode, signal, onEvent, maxDeletePercent = DEFAULT_BREAKER.maxDeletePercent } = options;
  return await runRepositoryMaintenance(repository.maintenanceParts(), {
    mode,
    safety: options.safety ?? 'full',
    dryRun: options.dryRun ?? false,
    breaker: { ...DEFAULT_BREAKER, maxDeletePercent },
    force: options.force ?? false,
    ignoreOwner: options.ignoreOwner ?? false,
    marker: async (target) => await markSnapshots(repository, target, signal),
    ...(signal && { signal }),
    ...(onEvent && { onEvent }),
  });
}

/** What `runMaintenance` would do as things are now; changes nothing. */
export async function planMaintenance(
  repository: Repository,
  options: MaintenanceOptions,
): Promise<MaintenanceReport> {
  return await runMaintenance(repository, { ...options, dryRun: true });
}

/** Runs what is due, when this client owns maintenance: for the end of every command that writes. */
export async function runDueMaintenance(
  repository: Repository,
  options: Omit<MaintenanceOptions, 'mode' | 'ignoreOwner'> = {},
): Promise<MaintenanceReport> {
  return await runMaintenance(repository, { ...options, mode: 'auto' });
}

/** Parameters, schedule and history of the repository's maintenance. */
export async function maintenanceInfo(repository: Repository): Promise<MaintenanceInfo> {
  return await repositoryMaintenanceInfo(repository.maintenanceParts());
}

/** Changes who maintains the repository and when; durable when this resolves. Throws CONFIG_INVALID. */
export async function setMaintenance(
  repository: Repository,
  changes: MaintenanceChanges,
): Promise<MaintenanceInfo> {
  return await setRepositoryMaintenance(repository.maintenanceParts(), changes);
}
