import type { Clock } from '../clock.ts';
import { RepositoryError } from '../errors.ts';

/** As kopia's maintenance: what clients decide by time allows for so much. */
const MAX_SKEW_MS = 5 * 60_000;

/** Throws CLOCK_SKEW when the Date header of an answer differs from this machine's time by more than 5 minutes. */
export function checkClockSkew(date: string | undefined, clock: Clock): void {
  const skewMs = Date.parse(date ?? '') - clock.nowMs();
  // A service that doesn't say its time is not wrong.
  if (Number.isNaN(skewMs) || Math.abs(skewMs) <= MAX_SKEW_MS) return;
  const minutes = Math.round(Math.abs(skewMs) / 60_000);
  throw new RepositoryError(
    'CLOCK_SKEW',
    `this machine's clock is ${minutes} minutes ${skewMs > 0 ? 'behind' : 'ahead of'} the storage's: set it right`,
    { skewMs },
  );
}
