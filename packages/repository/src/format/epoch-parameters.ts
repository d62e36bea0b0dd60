import type { GoJsonObject } from './go-json.ts';
import { durationNs, JsonFields } from './json-fields.ts';

/** When index epochs advance, are compacted and cleaned. Source: kopia internal/epoch/epoch_manager.go. */
export interface EpochParameters {
  /** False in a repository of format 1: indexes are then the legacy `n` blobs. */
  readonly enabled: boolean;
  /** How long a client may rely on the epoch state it has read. */
  readonly epochRefreshFrequencyMs: number;
  /** Epochs that go into one range checkpoint. */
  readonly fullCheckpointFrequency: number;
  /** How long superseded index blobs stay. */
  readonly cleanupSafetyMarginMs: number;
  readonly minEpochDurationMs: number;
  /** Index blobs after which an epoch may end. */
  readonly epochAdvanceOnCountThreshold: number;
  /** Bytes of index blobs after which an epoch may end. */
  readonly epochAdvanceOnTotalSizeThreshold: number;
  readonly deleteParallelism: number;
  /** Members of newer writers, kept when the format is rewritten. */
  readonly unknown: GoJsonObject;
}

/** Absent parameters are all zero, which means disabled. Throws SyntaxError. */
export function decodeEpochParameters(stored: JsonFields | undefined): EpochParameters {
  const fields = stored ?? new JsonFields({}, 'epochParameters');
  return {
    enabled: fields.boolean('Enabled'),
    epochRefreshFrequencyMs: fields.durationMs('EpochRefreshFrequency'),
    fullCheckpointFrequency: fields.integer('FullCheckpointFrequency'),
    cleanupSafetyMarginMs: fields.durationMs('CleanupSafetyMargin'),
    minEpochDurationMs: fields.durationMs('MinEpochDuration'),
    epochAdvanceOnCountThreshold: fields.integer('EpochAdvanceOnCountThreshold'),
    epochAdvanceOnTotalSizeThreshold: fields.integer('EpochAdvanceOnTotalSizeBytesThreshold'),
    deleteParallelism: fields.integer('DeleteParallelism'),
    unknown: fields.unknown(),
  };
}

/** In kopia's order; zero values are written too. */
export function encodeEpochParameters(parameters: EpochParameters): GoJsonObject {
  return {
    Enabled: parameters.enabled,
    EpochRefreshFrequency: durationNs(parameters.epochRefreshFrequencyMs),
    FullCheckpointFrequency: parameters.fullCheckpointFrequency,
    CleanupSafetyMargin: durationNs(parameters.cleanupSafetyMarginMs),
    MinEpochDuration: durationNs(parameters.minEpochDurationMs),
    EpochAdvanceOnCountThreshold: parameters.epochAdvanceOnCountThreshold,
    EpochAdvanceOnTotalSizeBytesThreshold: parameters.epochAdvanceOnTotalSizeThreshold,
    DeleteParallelism: parameters.deleteParallelism,
    ...parameters.unknown,
  };
}

/** Those of a repository of format 1. */
export const NO_EPOCHS: EpochParameters = decodeEpochParameters(undefined);
