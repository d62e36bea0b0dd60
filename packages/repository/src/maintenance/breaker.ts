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
  const percent = live === 0 ? 0 : (unused / live) * 100;
  const isTripped = unused >= breaker.leastCount && percent > breaker.maxDeletePercent;
  return { unused, live, percent, isTripped };
}

/** The error that stops a maintenance before anything is deleted. */
export function breakerTripped(finding: BreakerFinding, breaker: Breaker): RepositoryError {
  const percent = Math.round(finding.percent * 10) / 10;
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
