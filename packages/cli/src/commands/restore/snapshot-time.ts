import { usageError } from '../../errors.ts';
import { nsOfMs, zoneName } from '../../output/times.ts';

/** Which snapshot of a path to take. */
export type SnapshotTime =
  | { readonly kind: 'latest' | 'oldest' }
  /** The last that was started before this; nanoseconds since the Unix epoch. */
  | { readonly kind: 'before'; readonly ns: bigint };

/** The value of `--snapshot-time`. A year, a month, a day and so on mean their end; what has no zone is local time.
 *  Throws USAGE. Source: kopia cli/command_restore.go (computeMaxTime). */
export function parseSnapshotTime(text: string, now: Date): SnapshotTime {
  if (text === '' || text === 'latest') return { kind: 'latest' };
  if (text === 'oldest') return { kind: 'oldest' };
  const end = relativeEnd(text, now) ?? absoluteEnd(text);
  if (end !== undefined && !Number.isNaN(end.getTime())) return { kind: 'before', ns: nsOfMs(end.getTime()) };
  throw usageError(
    `--snapshot-time ${JSON.stringify(text)} is no time: try 2026-01-31, "2026-01-31 15:04:05", 2026-01-31T15:04:05Z, ` +
      'yesterday, last-month, last-year, 1y-2m-3d-ago, oldest or latest',
  );
}

const AGO =
  /^(?:(\d{1,3})(?:y|year|years)-)?(?:(\d{1,3})(?:m|mo|month|months)-)?(?:(\d{1,3})(?:d|day|days)-)?ago$/;

/** Local midnight after the day that is meant; `yesterday` and the like mean what is before the running one. */
function relativeEnd(text: string, now: Date): Date | undefined {
  const [year, month, day] = [now.getFullYear(), now.getMonth(), now.getDate()];
  if (text === 'yesterday') return new Date(year, month, day);
  if (text === 'last-month') return new Date(year, month, 1);
  if (text === 'last-year') return new Date(year, 0, 1);
  const ago = text.endsWith('-ago') ? AGO.exec(text) : null;
  if (ago === null) return undefined;
  const [years, months, days] = ago.slice(1).map((count) => Number(count ?? 0));
  return new Date(year - (years ?? 0), month - (months ?? 0), day - (days ?? 0) + 1);
}

const TIME =
  /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{3}))?)?)?)?)?)?(Z|[+-]\d\d(?::?\d\d)?| [A-Z][\w+:-]*)?$/;

/** The end of what the text names: its last unit is added. */
function absoluteEnd(text: string): Date | undefined {
  const match = TIME.exec(text);
  const parts = match?.slice(1, 8) ?? [];
  const zone = match?.[8];
  const last = parts.findLastIndex((part) => part !== undefined);
  // A zone without a time of day is nothing that kopia knows either.
  if (!isPossible(parts) || (zone !== undefined && last < HOUR)) return undefined;
  const at = (unit: number, least: number): number => Number(parts[unit] ?? least) + (unit === last ? 1 : 0);
  const fields = [at(0, 0), at(1, 1) - 1, at(2, 1), at(3, 0), at(4, 0), at(5, 0), at(6, 0)] as const;
  const local = new Date(...fields);
  if (zone === undefined || zone === ` ${zoneName(local)}`) return local;
  const offset = offsetMs(zone);
  return offset === undefined ? undefined : new Date(Date.UTC(...fields) - offset);
}

const HOUR = 3;

/** Whether there is such a day and such a time of day. */
function isPossible([year, month = '1', day = '1', hour = '0', minute = '0', second = '0']: readonly (
  string | undefined
)[]): boolean {
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  const isDay = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  return isDay && Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 59;
}

/** Milliseconds east of UTC. */
function offsetMs(zone: string): number | undefined {
  if (zone === 'Z' || zone === ' UTC' || zone === ' GMT') return 0;
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  if (sign === undefined) return undefined;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
