import type { EpochParameters } from './epoch-parameters.ts';

/** What a new repository is made with when nobody says otherwise. */
export interface FormatDefaults {
  readonly hash: string;
  readonly encryption: string;
  readonly splitter: string;
  readonly keyAlgo: string;
}

/** Ours: among what kopia reads, the fastest in this runtime. */
export const HOLDFAST_DEFAULTS: FormatDefaults = {
  hash: 'HMAC-SHA256-128',
  encryption: 'AES256-GCM-HMAC-SHA256',
  splitter: 'DYNAMIC-4M-BUZHASH',
  keyAlgo: 'scrypt-65536-8-1',
};

/** Those of `kopia repository create`. */
export const KOPIA_DEFAULTS: FormatDefaults = { ...HOLDFAST_DEFAULTS, hash: 'BLAKE2B-256-128' };

/** The newest format version; older kopia releases refuse it. */
export const NEWEST_FORMAT_VERSION = 3;

/** Packs are closed when they reach this. */
export const DEFAULT_MAX_PACK_SIZE: number = 20 << 20;

const HOUR_MS = 3_600_000;

/** kopia's. */
export const DEFAULT_EPOCH_PARAMETERS: EpochParameters = {
  enabled: true,
  epochRefreshFrequencyMs: HOUR_MS / 3,
  fullCheckpointFrequency: 7,
  cleanupSafetyMarginMs: 4 * HOUR_MS,
  minEpochDurationMs: 24 * HOUR_MS,
  epochAdvanceOnCountThreshold: 20,
  epochAdvanceOnTotalSizeThreshold: 10 << 20,
  deleteParallelism: 4,
  unknown: {},
};
