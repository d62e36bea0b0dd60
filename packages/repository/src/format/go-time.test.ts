import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTimeNs, parseTimeNs } from './go-time.ts';

/** Written by Go 1.26's json.Marshal(time.Time): seconds, nanoseconds, text. */
const GO_TIMES: readonly (readonly [bigint, bigint, string])[] = [
  [0n, 0n, '1970-01-01T00:00:00Z'],
  [1n, 120_000_000n, '1970-01-01T00:00:01.12Z'],
  [-1n, 999_999_999n, '1969-12-31T23:59:59.999999999Z'],
  [-62_135_596_800n, 0n, '0001-01-01T00:00:00Z'],
  [-6_795_364_577n, 871_345_152n, '1754-08-30T22:43:43.871345152Z'],
  [253_402_300_799n, 999_999_999n, '9999-12-31T23:59:59.999999999Z'],
  [1_709_208_000n, 1000n, '2024-02-29T12:00:00.000001Z'],
];

/** Accepted by Go 1.26's json.Unmarshal into time.Time: text, seconds, nanoseconds. */
const GO_ACCEPTS: readonly (readonly [string, bigint, bigint])[] = [
  ['2024-01-01T00:00:00.1234567899Z', 1_704_067_200n, 123_456_789n],
  ['2024-01-01T00:00:00+02:30', 1_704_058_200n, 0n],
  ['2024-01-01T00:00:00-00:00', 1_704_067_200n, 0n],
  ['2024-01-01T00:00:00,5Z', 1_704_067_200n, 500_000_000n],
  ['0000-01-01T00:00:00Z', -62_167_219_200n, 0n],
];

const GO_REFUSES = [
  '2024-02-30T00:00:00Z',
  '2023-02-29T00:00:00Z',
  '2024-02-29T23:59:60Z',
  '2024-02-29T24:00:00Z',
  '2024-01-01t00:00:00z',
  '2024-01-01T00:00:00.Z',
  '2024-1-01T00:00:00Z',
  '10000-01-01T00:00:00Z',
  '2024-01-01T00:00:00',
  '2024-01-01T00:00:00Zx',
  '2024-01-01T00:00:00+0230',
  '2024-01-01T00:00:00+02:3',
  '2024-01-01T00:00:00*02:30',
  '2024-00-01T00:00:00Z',
  '2024-01-00T00:00:00Z',
  '2024-01-01T00:60:00Z',
  '2024/01/01T00:00:00Z',
  '2024-01-01T00.00.00Z',
  '',
];

describe('times', () => {
  test.each(GO_TIMES)('%d s %d ns is %s', (seconds, nanos, text) => {
    const ns = seconds * 1_000_000_000n + nanos;
    expect(formatTimeNs(ns)).toBe(text);
    expect(parseTimeNs(text)).toBe(ns);
  });

  test.each(GO_ACCEPTS)('%s is read', (text, seconds, nanos) => {
    expect(parseTimeNs(text)).toBe(seconds * 1_000_000_000n + nanos);
  });

  test.each(GO_REFUSES)('%j is refused', (text) => {
    expect(() => parseTimeNs(text)).toThrow(SyntaxError);
  });

  test('every time of four-digit years survives, and agrees with Date to the millisecond', () => {
    const first = -62_167_219_200_000_000_000n;
    fc.assert(
      fc.property(fc.bigInt(first, 253_402_300_799_999_999_999n), (ns) => {
        const text = formatTimeNs(ns);
        expect(parseTimeNs(text)).toBe(ns);
        expect(new Date(text).getTime()).toBe(Number((ns - first) / 1_000_000n + first / 1_000_000n));
      }),
    );
  });
});
