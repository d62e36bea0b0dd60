const MS_PER_MINUTE = 60_000;
const NS_PER_MS = 1_000_000n;

/** Milliseconds that local clocks are ahead of UTC at a moment (milliseconds since 1970). */
export type LocalZone = (utcMs: number) => number;

/** The zone of this process (environment variable TZ). */
export const processZone: LocalZone = (utcMs) => -new Date(utcMs).getTimezoneOffset() * MS_PER_MINUTE;

/** The zone in which local time is UTC. */
export const utcZone: LocalZone = () => 0;

/** Earlier than any time a file or snapshot can have. */
const BEFORE_ALL_NS = -(2n ** 63n);

/** A period of the calendar, in whole units. */
export interface CalendarSpan {
  readonly years?: number;
  readonly months?: number;
  readonly days?: number;
}

/** The moment that many calendar units earlier at the same local time; nanoseconds since 1970.
 *  Days that don't exist roll over and times in a clock change resolve as in Go's Time.AddDate. */
export function calendarBefore(ns: bigint, span: CalendarSpan, zone: LocalZone): bigint {
  const ms = floorMs(ns);
  const wall = new Date(ms + zone(ms));
  const moved = Date.UTC(
    wall.getUTCFullYear() - (span.years ?? 0),
    wall.getUTCMonth() - (span.months ?? 0),
    wall.getUTCDate() - (span.days ?? 0),
    wall.getUTCHours(),
    wall.getUTCMinutes(),
    wall.getUTCSeconds(),
    wall.getUTCMilliseconds(),
  );
  // Somebody who keeps a billion days means all of them.
  if (Number.isNaN(moved)) return BEFORE_ALL_NS;
  const utcMs = moved - zone(moved - zone(moved));
  return BigInt(utcMs) * NS_PER_MS + (ns - BigInt(ms) * NS_PER_MS);
}

/** ISO 8601 year and week of a moment in local time, as `YYYY-WW`. */
export function isoWeek(ns: bigint, zone: LocalZone): string {
  const ms = floorMs(ns);
  const wall = new Date(ms + zone(ms));
  // A week belongs to the year that its Thursday is in.
  const thursday = new Date(wall);
  thursday.setUTCDate(wall.getUTCDate() + 4 - (wall.getUTCDay() || 7));
  const year = thursday.getUTCFullYear();
  const dayOfYear = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 86_400_000);
  return `${String(year).padStart(4, '0')}-${String(Math.floor(dayOfYear / 7) + 1).padStart(2, '0')}`;
}

function floorMs(ns: bigint): number {
  const ms = Number(ns / NS_PER_MS);
  return ns < 0n && BigInt(ms) * NS_PER_MS !== ns ? ms - 1 : ms;
}
