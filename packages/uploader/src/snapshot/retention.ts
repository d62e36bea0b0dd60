import { formatTimeNs } from '@holdfast/repository/worker';
import type { RetentionPolicy } from '../policy/policy.ts';
import { calendarBefore, isoWeek, type LocalZone, processZone } from './local-zone.ts';
import type { SnapshotManifest } from './manifest.ts';
import { compareByTime } from './previous.ts';

const HOUR_NS = 3_600_000_000_000n;
/** Incomplete snapshots after the newest complete one stay this long, or while there are fewer than this. */
const INCOMPLETE_AGE_NS = 4n * HOUR_NS;
const INCOMPLETE_COUNT = 3;

/** A snapshot and why it is kept, such as `latest-1` or `monthly-3`, in kopia's order of reasons. */
export interface RetainedSnapshot {
  readonly snapshot: SnapshotManifest;
  readonly reasons: readonly string[];
  /** Neither a reason nor a pin keeps it. */
  readonly isExpired: boolean;
}

/** One rule: keeps the newest snapshot of each of the last `max` periods. */
interface Rule {
  readonly name: string;
  readonly max: number | undefined;
  /** Snapshots from before this moment don't count. */
  readonly cutoffNs?: bigint;
  readonly period: (startNs: bigint, position: number) => string;
}

/** Why each snapshot of one source is kept, newest first.
 *  Periods are UTC, except that weeks and cutoffs use `zone`. Source: kopia snapshot/policy/retention_policy.go. */
export function planRetention(
  snapshots: readonly SnapshotManifest[],
  policy: RetentionPolicy,
  zone: LocalZone = processZone,
): readonly RetainedSnapshot[] {
  const sorted = snapshots.toSorted((a, b) => compareByTime(b, a));
  const newestComplete = sorted.find(({ incomplete }) => incomplete === undefined);
  const take = newestComplete && periodTaker(rulesOf(policy, newestComplete.startTimeNs, zone));
  const keptIncomplete = countKeptIncomplete(sorted);
  return sorted.map((snapshot, position) => {
    const isComplete = snapshot.incomplete === undefined;
    const rest = position < keptIncomplete ? ['incomplete'] : [];
    const reasons = isComplete ? (take?.(snapshot.startTimeNs, position) ?? []) : rest;
    return { snapshot, reasons, isExpired: reasons.length === 0 && snapshot.pins.length === 0 };
  });
}

/** The rules in the order in which they take periods. */
function rulesOf(policy: RetentionPolicy, newestNs: bigint, zone: LocalZone): readonly Rule[] {
  const { keepAnnual, keepMonthly, keepWeekly, keepDaily, keepHourly } = policy;
  const utc = (length: number) => (startNs: bigint) =>
    formatTimeNs(startNs).slice(0, length).replace('T', ' ');
  return [
    { name: 'latest', max: effectiveKeepLatest(policy), period: (_, position) => String(position) },
    {
      name: 'annual',
      max: keepAnnual,
      cutoffNs: calendarBefore(newestNs, { years: keepAnnual ?? 0 }, zone),
      period: utc(4),
    },
    {
      name: 'monthly',
      max: keepMonthly,
      cutoffNs: calendarBefore(newestNs, { months: keepMonthly ?? 0 }, zone),
      period: utc(7),
    },
    {
      name: 'weekly',
      max: keepWeekly,
      cutoffNs: calendarBefore(newestNs, { days: 7 * (keepWeekly ?? 0) }, zone),
      period: (startNs) => isoWeek(startNs, zone),
    },
    {
      name: 'daily',
      max: keepDaily,
      cutoffNs: calendarBefore(newestNs, { days: keepDaily ?? 0 }, zone),
      period: utc(10),
    },
    {
      name: 'hourly',
      max: keepHourly,
      cutoffNs: newestNs - BigInt(keepHourly ?? 0) * HOUR_NS,
      period: utc(13),
    },
  ];
}

/** When no rule keeps anything, everything is kept. */
function effectiveKeepLatest(policy: RetentionPolicy): number | undefined {
  const { keepLatest, keepHourly, keepDaily, keepWeekly, keepMonthly, keepAnnual } = policy;
  const all = [keepLatest, keepHourly, keepDaily, keepWeekly, keepMonthly, keepAnnual];
  return all.reduce<number>((sum, keep) => sum + (keep ?? 0), 0) === 0 ? Infinity : keepLatest;
}

/** Reasons in kopia's display order. */
const REASON_ORDER = ['latest', 'hourly', 'daily', 'weekly', 'monthly', 'annual'];

/** A function to call with complete snapshots, newest first, that gives the reasons for which each is kept. */
function periodTaker(rules: readonly Rule[]): (startNs: bigint, position: number) => string[] {
  // One set for all rules, as in kopia: week 5 and May of one year have the same name, and whoever comes first takes it.
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return (startNs, position) => {
    const reasons = new Map<string, string>();
    for (const { name, max, cutoffNs, period } of rules) {
      if (max === undefined || (cutoffNs !== undefined && startNs < cutoffNs)) continue;
      const id = period(startNs, position);
      const count = (counts.get(name) ?? 0) + 1;
      if (taken.has(id) || count > max) continue;
      taken.add(id);
      counts.set(name, count);
      reasons.set(name, `${name}-${count}`);
    }
    return REASON_ORDER.flatMap((name) => reasons.get(name) ?? []);
  };
}

/** How many of a list, newest first, are incomplete snapshots to keep: the young and the first few before anything else. */
function countKeptIncomplete(sorted: readonly SnapshotManifest[]): number {
  const newestNs = sorted[0]?.startTimeNs ?? 0n;
  const end = sorted.findIndex(
    ({ incomplete, startTimeNs }, position) =>
      incomplete === undefined ||
      (newestNs - startTimeNs >= INCOMPLETE_AGE_NS && position >= INCOMPLETE_COUNT),
  );
  return end === -1 ? sorted.length : end;
}
