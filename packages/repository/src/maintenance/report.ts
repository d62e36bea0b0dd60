import type { StorageCounts } from '../blob/metrics.ts';
import type { SafetyLevel } from './safety.ts';
import type { StepReport } from './step.ts';
import type { MaintenanceMode } from './tasks.ts';

/** What a maintenance did or, in a dry run, would do; plain data. `not-due`: it is not time yet. `not-owner`: somebody
 *  else maintains this repository. `already-running`: another process of this machine is at it. */
export interface MaintenanceReport {
  readonly outcome: 'done' | 'planned' | 'not-due' | 'not-owner' | 'already-running';
  readonly mode: MaintenanceMode | undefined;
  readonly safety: SafetyLevel;
  readonly startedMs: number;
  readonly durationMs: number;
  readonly steps: readonly StepReport[];
  readonly storage: StorageUse;
}

/** What a maintenance took from and gave to the storage. Bytes of blobs that are local files are not counted as
 *  downloaded where they are read in place. */
export interface StorageUse {
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  readonly requests: number;
}

/** What happens during a maintenance. */
export type MaintenanceEvent =
  | { readonly kind: 'started'; readonly mode: MaintenanceMode }
  | { readonly kind: 'step'; readonly report: StepReport };

/** The difference between two counts. */
export function storageUse(before: StorageCounts, after: StorageCounts): StorageUse {
  return {
    downloadedBytes: after.get.bytes - before.get.bytes,
    uploadedBytes: after.put.bytes - before.put.bytes,
    requests: requestsOf(after) - requestsOf(before),
  };
}

function requestsOf(counts: StorageCounts): number {
  return Object.values(counts).reduce((sum, { requests }) => sum + requests, 0);
}
