import { parseTimeNs } from '@holdfast/repository';
import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY, type RetentionPolicy } from '../policy/policy.ts';
import { calendarBefore, isoWeek, type LocalZone, utcZone } from './local-zone.ts';
import { decodeSnapshot, type SnapshotManifest } from './manifest.ts';
import { planRetention } from './retention.ts';

/** America/New_York in the years of the table: clocks change at 07:00 UTC in March and 06:00 UTC in November. */
const newYork: LocalZone = (utcMs) => {
  const summers = [
    ['2023-03-12T07:00:00Z', '2023-11-05T06:00:00Z'],
    ['2024-03-10T07:00:00Z', '2024-11-03T06:00:00Z'],
    ['2025-03-09T07:00:00Z', '2025-11-02T06:00:00Z'],
  ];
  const isSummer = summers.some(
    ([from = '', to = '']) => utcMs >= Date.parse(from) && utcMs < Date.parse(to),
  );
  return (isSummer ? -4 : -5) * 3_600_000;
};

const keep = (...[latest, hourly, daily, weekly, monthly, annual]: readonly number[]): RetentionPolicy =>
  Object.fromEntries(
    Object.entries({
      keepLatest: latest,
      keepHourly: hourly,
      keepDaily: daily,
      keepWeekly: weekly,
      keepMonthly: monthly,
      keepAnnual: annual,
    }).filter(([, count]) => count !== undefined),
  );

/** The policies of the table's columns. */
const POLICIES: readonly RetentionPolicy[] = [
  DEFAULT_POLICY.retention,
  keep(0, 0, 0, 100, 100, 1),
  keep(2, 9, 400, 60, 13, 2),
  keep(0, 0, 0, 0, 0, 0),
  keep(1, 48, 3, 4, 1, 3),
  keep(0, 5, 1, 8, 2, 1),
];

/** Reasons for which kopia keeps snapshots (`TZ=America/New_York kopia snapshot list`); l1 is latest-1 and so on.
 *  Mind the first of February 2024: its week has the name of a May that is kept, 2024-05. */
const KEPT_BY_KOPIA = `
2025-03-31T12:10:00Z | l1 h1 d1 w1 m1 a1 | w1 m1 a1 | l1 h1 d1 w1 m1 a1 | l1 | l1 h1 d1 w1 m1 a1 | h1 d1 w1 m1 a1
2025-03-31T11:20:00Z | l2 h2 |  | l2 h2 | l2 | h2 | h2
2025-03-31T11:10:00Z | l3 |  |  | l3 |  |
2025-03-31T10:10:00Z | l4 h3 |  | h3 | l4 | h3 | h3
2025-03-31T03:59:00Z | l5 h4 w2 | w2 | h4 w2 | l5 | h4 w2 | w2
2025-03-31T03:00:00Z | l6 |  |  | l6 |  |
2025-03-30T10:00:00Z | l7 h5 d2 |  | d2 | l7 | h5 d2 |
2025-03-30T04:30:00Z | l8 h6 |  |  | l8 | h6 |
2025-03-30T03:00:00Z | l9 h7 |  |  | l9 | h7 |
2025-03-30T02:59:59Z | l10 h8 |  |  | l10 | h8 |
2025-03-30T01:00:00Z | h9 |  |  | l11 | h9 |
2025-03-29T10:00:00Z | d3 |  | d3 | l12 | d3 |
2025-03-24T09:00:00Z |  |  | d4 | l13 |  |
2025-03-01T10:00:00Z |  | w3 | d5 w3 | l14 |  | w3
2025-02-28T10:00:00Z | m2 | m2 | d6 m2 | l15 |  | m2
2025-02-03T10:00:00Z |  | w4 | d7 w4 | l16 |  |
2025-01-27T10:00:00Z | m3 | w5 m3 | d8 w5 m3 | l17 |  |
2025-01-01T10:00:00Z |  |  | d9 | l18 |  |
2024-12-31T04:00:00Z | m4 a2 | m4 | d10 m4 a2 | l19 | a2 |
2024-12-30T10:00:00Z |  |  | d11 | l20 |  |
2024-12-20T10:00:00Z |  | w6 | d12 w6 | l21 |  |
2024-12-01T10:00:00Z |  | w7 | d13 w7 | l22 |  |
2024-11-03T06:30:00Z | m5 | w8 m5 | d14 w8 m5 | l23 |  |
2024-11-03T05:30:00Z |  |  |  | l24 |  |
2024-10-14T10:00:00Z | m6 | w9 m6 | d15 w9 m6 | l25 |  |
2024-10-07T10:00:00Z |  | w10 | d16 w10 | l26 |  |
2024-08-01T10:00:00Z | m7 | w11 m7 | d17 w11 m7 | l27 |  |
2024-05-06T05:00:00Z | m8 | w12 m8 | d18 w12 m8 | l28 |  |
2024-05-06T03:00:00Z |  | w13 | w13 | l29 |  |
2024-05-05T10:00:00Z |  |  | d19 | l30 |  |
2024-03-31T10:00:00Z | m9 | w14 m9 | d20 w14 m9 | l31 |  |
2024-03-10T07:30:00Z |  |  | d21 | l32 |  |
2024-03-10T06:30:00Z |  |  |  | l33 |  |
2024-02-29T10:00:00Z | m10 | w15 m10 | d22 w15 | l34 |  |
2024-02-01T10:00:00Z |  |  |  | l35 |  |
2024-01-31T10:00:00Z | m11 | m11 |  | l36 |  |
2024-01-01T05:00:00Z |  |  |  | l37 |  |
2024-01-01T04:59:59Z |  | w16 |  | l38 |  |
2023-12-31T23:30:00Z | m12 a3 | m12 |  | l39 | a3 |
2023-05-10T12:00:00Z | m13 | w17 m13 |  | l40 |  |
`;
const REASONS: Readonly<Record<string, string>> = {
  l: 'latest',
  h: 'hourly',
  d: 'daily',
  w: 'weekly',
  m: 'monthly',
  a: 'annual',
};

function snapshotAt(time: string, more: Partial<SnapshotManifest> = {}): SnapshotManifest {
  const startTimeNs = parseTimeNs(time);
  return { ...decodeSnapshot(time, {}), startTimeNs, endTimeNs: startTimeNs, ...more };
}

const TABLE = KEPT_BY_KOPIA.trim()
  .split('\n')
  .map((row) => {
    const [time = '', ...columns] = row.split('|').map((cell) => cell.trim());
    const reasons = columns.map((cell) =>
      cell.replaceAll(/[lhdwma](?=\d)/g, (letter) => `${REASONS[letter]}-`),
    );
    return { time, reasons };
  });

describe('planRetention', () => {
  test.each(POLICIES.map((policy, column) => ({ policy, column })))(
    'keeps what kopia keeps (%j)',
    ({ policy, column }) => {
      const snapshots = TABLE.map(({ time }) => snapshotAt(time)).toReversed();
      const plan = planRetention(snapshots, policy, newYork);
      expect(plan.map(({ snapshot, reasons }) => `${snapshot.id} ${reasons.join(' ')}`)).toEqual(
        TABLE.map(({ time, reasons }) => `${time} ${reasons[column]}`),
      );
      expect(plan.map(({ isExpired }) => isExpired)).toEqual(
        TABLE.map(({ reasons }) => reasons[column] === ''),
      );
    },
  );

  test('a pin keeps a snapshot that no rule keeps', () => {
    const snapshots = [
      snapshotAt('2024-01-01T00:00:00Z', { pins: ['x'] }),
      snapshotAt('2024-01-02T00:00:00Z'),
    ];
    expect(planRetention(snapshots, { keepLatest: 1 }, utcZone)).toMatchObject([
      { reasons: ['latest-1'], isExpired: false },
      { reasons: [], isExpired: false },
    ]);
  });

  test('incomplete snapshots stay while they are the newest and young or few', () => {
    const incomplete = { incomplete: 'checkpoint' };
    const day = (time: string, more: Partial<SnapshotManifest> = incomplete): SnapshotManifest =>
      snapshotAt(`2024-01-02T${time}:00Z`, more);
    const snapshots = [
      day('12:00'),
      day('11:00'),
      day('10:00'),
      day('08:01'),
      day('08:00'),
      day('07:59'),
      day('07:00', {}),
      day('06:00'),
    ];
    const kept = planRetention(snapshots, { keepLatest: 9 }, utcZone).map(({ reasons }) => reasons.join());
    expect(kept).toEqual(['incomplete', 'incomplete', 'incomplete', 'incomplete', '', '', 'latest-1', '']);
    const old = [day('12:00'), day('02:00'), day('01:00'), day('00:00')];
    expect(planRetention(old, {}, utcZone).map(({ isExpired }) => isExpired)).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  test('equal start times are ordered by end', () => {
    const [a, b] = [
      snapshotAt('2024-01-01T00:00:00Z'),
      snapshotAt('2024-01-01T00:00:00Z', { id: 'b', endTimeNs: 2n ** 62n }),
    ];
    expect(planRetention([a, b], { keepLatest: 1 }, utcZone)[0]?.snapshot.id).toBe('b');
  });

  test('huge counts keep everything', () => {
    const snapshots = [snapshotAt('1754-01-01T00:00:00Z'), snapshotAt('2024-01-01T00:00:00Z')];
    const plan = planRetention(
      snapshots,
      { keepAnnual: 2 ** 31 - 1, keepDaily: Number.MAX_SAFE_INTEGER },
      utcZone,
    );
    expect(plan.map(({ isExpired }) => isExpired)).toEqual([false, false]);
    expect(planRetention([], DEFAULT_POLICY.retention)).toEqual([]);
  });
});

describe('calendar arithmetic', () => {
  const before = (time: string, span: Parameters<typeof calendarBefore>[1], zone = utcZone): bigint =>
    calendarBefore(parseTimeNs(time), span, zone);

  test('days that do not exist roll over', () => {
    expect(before('2024-02-29T01:02:03.000000004Z', { years: 1 })).toBe(
      parseTimeNs('2023-03-01T01:02:03.000000004Z'),
    );
    expect(before('2025-03-31T00:00:00Z', { months: 1 })).toBe(parseTimeNs('2025-03-03T00:00:00Z'));
    expect(before('1969-12-31T23:59:59.999999999Z', { days: 1 })).toBe(
      parseTimeNs('1969-12-30T23:59:59.999999999Z'),
    );
  });

  test('local time stays the same when clocks change', () => {
    expect(before('2024-03-11T10:00:00Z', { days: 2 }, newYork)).toBe(parseTimeNs('2024-03-09T11:00:00Z'));
  });

  test.each([
    ['2024-12-30T04:59:59Z', '2024-52'],
    ['2024-12-30T05:00:00Z', '2025-01'],
    ['2023-01-01T12:00:00Z', '2022-52'],
    ['2021-01-01T12:00:00Z', '2020-53'],
  ])('%s is in week %s in New York', (time, week) => {
    expect(isoWeek(parseTimeNs(time), newYork)).toBe(week);
  });
});
