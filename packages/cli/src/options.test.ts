import { InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import { snapshotTime } from './commands/snapshot/times.ts';
import { durationMs, octalMode, percentage, wholeNumber } from './options.ts';

test('parsers take what they should', () => {
  expect(durationMs('1h30m')).toBe(5_400_000);
  expect(durationMs('0')).toBe(0);
  expect(octalMode('0640')).toBe(0o640);
  expect(percentage('2.5')).toBe(2.5);
  expect(wholeNumber()('0')).toBe(0);
  expect(snapshotTime('2020-01-02 03:04:05 UTC')).toBe(1_577_934_245_000_000_000n);
  expect(snapshotTime('2020-01-02T04:04:05.5+01:00')).toBe(1_577_934_245_500_000_000n);
});

test.each([
  [durationMs, '90'],
  [octalMode, '0x1'],
  [octalMode, '888'],
  [percentage, '100.1'],
  [percentage, '-1'],
  [wholeNumber(1), '0'],
  [wholeNumber(), '1.5'],
  [snapshotTime, '2020-01-02'],
  [snapshotTime, '2020-01-02 03:04:05 CET'],
])('and refuse what they should not (%#)', (parse, text) => {
  expect(() => parse(text)).toThrow(InvalidArgumentError);
});
