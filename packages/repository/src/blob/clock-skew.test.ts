import { expect, it } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.ts';
import { checkClockSkew } from './clock-skew.ts';

const clock = createFakeClock(Date.UTC(2026, 0, 1, 12));

it.each(['Thu, 01 Jan 2026 12:04:59 GMT', 'Thu, 01 Jan 2026 11:55:01 GMT', 'nonsense', undefined])(
  'accepts %j at noon',
  (date) => expect(() => checkClockSkew(date, clock)).not.toThrow(),
);

it.each([
  ['Thu, 01 Jan 2026 12:06:00 GMT', /6 minutes behind/],
  ['Thu, 01 Jan 2026 11:00:00 GMT', /60 minutes ahead/],
])('refuses %j at noon', (date, message) => {
  expect(() => checkClockSkew(date, clock)).toThrow(expect.objectContaining({ code: 'CLOCK_SKEW' }));
  expect(() => checkClockSkew(date, clock)).toThrow(message);
});
