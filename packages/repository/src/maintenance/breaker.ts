import { RepositoryError } from '../errors.ts';
import type { ContentGcSummary } from './content-gc.ts';

/** When so much would be deleted that a defect or a lost manifest is likelier than an intention. */
export interface Breaker {
  /** Share of the live contents, in percent. */
  readonly maxDeletePercent: number;
  /** Fewer contents than this are deleted whatever their share. */
  readonly leastCount: number;
}

/** What trips without anybody saying otherwise. */
export const DEFAULT_BREAKER: Breaker = { maxDeletePercent: 30, leastCount: 1000 };

/** What a collection would delete of what there is. */
export interface BreakerFinding {
  readonly unused: number;
  readonly live: number;
  readonly percent: number;
  readonly isTripped: boolean;
}

/** Measures a collection by the breaker. */
export function measureBreaker(summary: ContentGcSummary, breaker: Breaker): BreakerFinding {
  const unused = summary.unused.count;
  const live = unused + summary['in-use'].count + summary.recent.count;
  const percent = percentOf(unused, live);
  return { unused, live, percent, isTripped: isTooMuch(unused, percent, breaker) };
}

/** What would go with packs whose contents no index knows. */
export interface UnindexedFinding {
  readonly contents: number;
  readonly percent: number;
  /** Whether the packs must stay. */
  readonly isTripped: boolean;
}

/** Measures contents that no index knows by the breaker. With epochs any is too much unless everything may be deleted:
 *  what was deleted on purpose stays in the index as deleted, so these mean that an index was lost. Without epochs it is
 *  dropped from the index, which looks the same: only many trip it. */
export function measureUnindexed(
  { unindexed, live }: { readonly unindexed: number; readonly live: number },
  breaker: Breaker,
  { hasEpochs }: { readonly hasEpochs: boolean },
): UnindexedFinding {
  const percent = percentOf(unindexed, unindexed + live);
  const isTripped = hasEpochs
    ? unindexed > 0 && breaker.maxDeletePercent < 100
    : isTooMuch(unindexed, percent, breaker);
  return { contents: unindexed, percent, isTripped };
}

/** The error that stops a maintenance before anything is deleted. */
export function breakerTripped(finding: BreakerFinding, breaker: Breaker): RepositoryError {
  const percent = rounded(finding.percent);
  return new RepositoryError(
    'MAINTENANCE_BREAKER',
    `${finding.unused} of ${finding.live} contents (${percent} %) belong to no snapshot, more than the ${breaker.maxDeletePercent} % that may be deleted at once; nothing was deleted. Are snapshots missing? If this is meant, run \`maintenance run --full --max-delete-percent ${Math.ceil(finding.percent)}\``,
    {
      unused: finding.unused,
      live: finding.live,
      percent,
      maxDeletePercent: breaker.maxDeletePercent,
    },
  );
}

/** What to do about packs that were kept for their contents. */
export function unindexedAdvice({ contents, percent }: UnindexedFinding, packs: number): string {
  return `${packs} packs that nothing refers to hold ${contents} contents (${rounded(percent)} %) that no index knows; they are kept, since an index may have been lost. \`index recover\` tells what they hold, \`index recover --commit\` brings it back. If nobody needs it, \`maintenance run --full --max-delete-percent 100\` deletes them`;
}

function isTooMuch(count: number, percent: number, { leastCount, maxDeletePercent }: Breaker): boolean {
  return count >= leastCount && percent > maxDeletePercent;
}

function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : (part / whole) * 100;
}

function rounded(percent: number): number {
  return Math.round(percent * 10) / 10;
}
