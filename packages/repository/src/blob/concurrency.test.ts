import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  afterCongestion,
  afterMeasurement,
  type Concurrency,
  INITIAL_CONCURRENCY,
  MAX_CONCURRENCY,
} from './concurrency.ts';

/** Rates of measurements; undefined is a congestion. */
const events = fc.array(fc.option(fc.double({ min: 0, max: 1e10, noNaN: true }), { nil: undefined }));

function after(state: Concurrency, rate: number | undefined): Concurrency {
  return rate === undefined ? afterCongestion(state) : afterMeasurement(state, rate);
}

/** Many measurements of a line on which each request brings `each`, and all together at most `most`. */
function runOn(line: { each: number; most: number }, state: Concurrency, measurements: number): Concurrency {
  for (let i = 0; i < measurements; i++)
    state = afterMeasurement(state, Math.min(state.limit * line.each, line.most));
  return state;
}

it('stays between one request and as many as there are connections', () => {
  fc.assert(
    fc.property(events, (rates) => {
      let state = INITIAL_CONCURRENCY;
      for (const rate of rates) {
        state = after(state, rate);
        expect(state.limit).toBeGreaterThanOrEqual(state.settled);
        expect(state.settled).toBeGreaterThanOrEqual(1);
        expect(state.limit).toBeLessThanOrEqual(MAX_CONCURRENCY);
      }
    }),
  );
});

it('never raises on congestion, and gets to one request when it goes on', () => {
  fc.assert(
    fc.property(events, (rates) => {
      let state = rates.reduce(after, INITIAL_CONCURRENCY);
      for (let i = 0; i < 7; i++) {
        const next = afterCongestion(state);
        expect(next.limit).toBeLessThanOrEqual(state.limit);
        state = next;
      }
      expect(state.limit).toBe(1);
    }),
  );
});

it('finds as many requests as a line takes, and not many more', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), (enough) => {
      const state = runOn({ each: 10, most: 10 * enough }, INITIAL_CONCURRENCY, 40);
      expect(state.settled).toBeGreaterThanOrEqual(Math.min(enough, MAX_CONCURRENCY) / 1.3);
      expect(state.limit).toBeLessThanOrEqual(Math.max(INITIAL_CONCURRENCY.limit + 2, enough * 1.6));
    }),
  );
});

it('recovers after congestion, not at once', () => {
  const line = { each: 10, most: 1e9 };
  const cut = afterCongestion(runOn(line, INITIAL_CONCURRENCY, 20));
  expect(runOn(line, cut, 10).limit).toBe(cut.limit);
  expect(runOn(line, cut, 200).limit).toBe(MAX_CONCURRENCY);
});

it('does not stay where a faster line was', () => {
  const fast = runOn({ each: 1000, most: 1e9 }, INITIAL_CONCURRENCY, 1);
  const slow = runOn({ each: 1, most: 1e9 }, fast, 60);
  expect(slow.limit).toBeGreaterThan(INITIAL_CONCURRENCY.limit);
});
