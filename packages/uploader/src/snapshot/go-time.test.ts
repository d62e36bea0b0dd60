import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTimeNs, parseTimeNs } from './go-time.ts';

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

describe('Go times', () => {
  test('are parsed as they were formatted', () => {
    fc.assert(
      fc.property(int64, (ns) => {
        expect(parseTimeNs(formatTimeNs(ns))).toBe(ns);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    [0n, '1970-01-01T00:00:00Z'],
    [1n, '1970-01-01T00:00:00.000000001Z'],
    [-1n, '1969-12-31T23:59:59.999999999Z'],
    [1_700_000_000_120_000_000n, '2023-11-14T22:13:20.12Z'],
    [-6_795_364_578_871_345_152n, '1754-08-30T22:43:41.128654848Z'],
  ])('%d is %s', (ns, text) => {
    expect(formatTimeNs(ns)).toBe(text);
    expect(parseTimeNs(text)).toBe(ns);
  });

  test.each([
    ['2023-11-14T23:13:20.12+01:00', 1_700_000_000_120_000_000n],
    ['2023-11-14T16:43:20.120000000999-05:30', 1_700_000_000_120_000_000n],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000_000_000n],
    ['2024-02-29T00:00:00Z', 1_709_164_800_000_000_000n],
  ])('%s is understood', (text, ns) => {
    expect(parseTimeNs(text)).toBe(ns);
  });

  test.each([
    '',
    'now',
    '2023-02-29T00:00:00Z',
    '2023-13-01T00:00:00Z',
    '2023-01-01T24:00:00Z',
    '2023-01-01T00:00:00',
  ])('%j is no time', (text) => {
    expect(parseTimeNs(text)).toBeUndefined();
  });
});
