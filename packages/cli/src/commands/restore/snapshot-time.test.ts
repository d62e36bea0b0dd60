import { describe, expect, test } from 'vitest';
import { parseSnapshotTime } from './snapshot-time.ts';

/* Months count from 0. */
const NOW = new Date(2026, 2, 5, 13, 30);

const before = (text: string): Date | string => {
  const time = parseSnapshotTime(text, NOW);
  return time.kind === 'before' ? new Date(Number(time.ns / 1_000_000n)) : time.kind;
};

test('latest and oldest are no times', () => {
  expect([before(''), before('latest'), before('oldest')]).toEqual(['latest', 'latest', 'oldest']);
});

test.each([
  ['yesterday', new Date(2026, 2, 5)],
  ['last-month', new Date(2026, 2, 1)],
  ['last-year', new Date(2026, 0, 1)],
  ['3d-ago', new Date(2026, 2, 3)],
  ['1m-ago', new Date(2026, 1, 6)],
  ['2years-3mo-10days-ago', new Date(2023, 11, 5 - 10 + 1)],
])('%s counts from today', (text, end) => {
  expect(before(text)).toEqual(end);
});

test.each([
  ['2025', new Date(2026, 0, 1)],
  ['2025-12', new Date(2026, 0, 1)],
  ['2025-2-28', new Date(2025, 2, 1)],
  ['2025-02-28T23', new Date(2025, 2, 1)],
  ['2025-02-28 15:04', new Date(2025, 1, 28, 15, 5)],
  ['2025-02-28T15:04:05', new Date(2025, 1, 28, 15, 4, 6)],
  ['2025-02-28 15:04:05 UTC', new Date(Date.UTC(2025, 1, 28, 15, 4, 6))],
  ['2025-02-28 15:04:05.250 UTC', new Date(Date.UTC(2025, 1, 28, 15, 4, 5, 251))],
  ['2025-02-28T15:04:05Z', new Date(Date.UTC(2025, 1, 28, 15, 4, 6))],
  ['2025-02-28T15:04:05+01:30', new Date(Date.UTC(2025, 1, 28, 13, 34, 6))],
  ['2025-02-28T15:04:05-0800', new Date(Date.UTC(2025, 1, 28, 23, 4, 6))],
  ['2025-02-28 15:04+02', new Date(Date.UTC(2025, 1, 28, 13, 5))],
])('%s means its end', (text, end) => {
  expect(before(text)).toEqual(end);
});

describe('what is no time', () => {
  test.each([
    'soon',
    '2025-13',
    '2025-02-30',
    '2025-01-01T24',
    '2025-01-01Z',
    '5x-ago',
    '2025-01-01T10:61',
    '-ago',
  ])('%s is refused', (text) => {
    expect(() => before(text)).toThrow(/is no time/);
  });
});
