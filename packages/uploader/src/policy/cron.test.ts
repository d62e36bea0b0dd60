import { expect, test } from 'vitest';
import { cronProblem } from './cron.ts';

test.each([
  '0 3 * * *',
  '*/15 * * * *',
  '5/10 0-6,22,23 1-15/2 jan-mar,DECEMBER ?',
  '0 12 L * 5L',
  '0 12 15w,lw * mon-fri',
  '0 0 * * 5-7',
  '00 08 01 9 *',
  '0 0 1 1 * 2030-2040/5',
  '30 0 0 1 1 * *',
  '  0   3 * * *  # every night',
  '# nothing yet',
  '@daily',
])('%s is an expression', (text) => {
  expect(cronProblem(text)).toBeUndefined();
});

test.each([
  ['0 3 * *', 'has 4 fields instead of 5 to 7'],
  ['0 0 3 * * * * *', 'has 8 fields instead of 5 to 7'],
  ['@nightly', 'has 1 fields instead of 5 to 7'],
  ['60 * * * *', 'has no valid minute: "60"'],
  ['-1 * * * *', 'has no valid minute: "-1"'],
  ['*/0 * * * *', 'has no valid minute: "*/0"'],
  ['*/60 * * * *', 'has no valid minute: "*/60"'],
  ['1/2/3 * * * *', 'has no valid minute: "1/2/3"'],
  ['1,,2 * * * *', 'has no valid minute: "1,,2"'],
  ['0 20-10 * * *', 'has no valid hour: "20-10"'],
  ['0 1-2-3 * * *', 'has no valid hour: "1-2-3"'],
  ['0 24 * * *', 'has no valid hour: "24"'],
  ['0 0 0 * *', 'has no valid day of month: "0"'],
  ['0 0 * foo *', 'has no valid month: "foo"'],
  ['0 0 * * 8', 'has no valid day of week: "8"'],
  ['0 0 * * 05', 'has no valid day of week: "05"'],
  ['0 0 * * * 1969', 'has no valid year: "1969"'],
  ['5L * * * *', 'has no valid minute: "5l"'],
])('%s is none', (text, problem) => {
  expect(cronProblem(text)).toBe(problem);
});
