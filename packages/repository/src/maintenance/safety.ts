const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;

/** Waiting times that make maintenance safe beside other clients. */
export interface SafetyParameters {
  /** Younger contents are not collected, even if no snapshot refers to them yet. */
  readonly minContentAgeMs: number;
  /** Time between two collections for the second to see what clients were writing during the first. */
  readonly marginBetweenGcMs: number;
  /** Deleted contents stay readable until a second collection has confirmed that nobody refers to them. */
  readonly requiresTwoGcCycles: boolean;
  readonly dropExtraMarginMs: number;
  /** Younger contents are not written again. */
  readonly rewriteMinAgeMs: number;
  readonly packDeleteMinAgeMs: number;
  /** A session whose marker is older protects its packs no more. */
  readonly sessionExpirationMs: number;
  /** Time that other clients get to learn of rewritten contents before the old packs go. */
  readonly rewriteToDeletionMs: number;
  /** Time for replaced legacy index blobs to be found by everybody. */
  readonly indexSettleMs: number;
}

/** Whether other clients may be at work. */
export type SafetyLevel = 'full' | 'none';

/** Waiting times by level: `none` is for a repository that nobody else uses meanwhile.
 *  Source: kopia repo/maintenance/maintenance_safety.go. */
export const SAFETY: Readonly<Record<SafetyLevel, SafetyParameters>> = {
  full: {
    minContentAgeMs: 24 * HOUR_MS,
    marginBetweenGcMs: 4 * HOUR_MS,
    requiresTwoGcCycles: true,
    dropExtraMarginMs: HOUR_MS,
    rewriteMinAgeMs: 2 * HOUR_MS,
    packDeleteMinAgeMs: 24 * HOUR_MS,
    sessionExpirationMs: 96 * HOUR_MS,
    rewriteToDeletionMs: HOUR_MS,
    indexSettleMs: HOUR_MS,
  },
  none: {
    minContentAgeMs: 0,
    marginBetweenGcMs: 0,
    requiresTwoGcCycles: false,
    dropExtraMarginMs: 0,
    rewriteMinAgeMs: 0,
    packDeleteMinAgeMs: 0,
    sessionExpirationMs: 0,
    rewriteToDeletionMs: 0,
    indexSettleMs: 0,
  },
};
