import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CacheLimits } from './settings.ts';
import { AgeTable, planSweep, sweepDecision } from './sweep-plan.ts';

interface Entry {
  readonly ageMs: number;
  readonly bytes: number;
}

/** kopia's loop: the entry unused for longest goes, one at a time. */
function keptByReference(entries: readonly Entry[], limits: CacheLimits): readonly Entry[] {
  const left = entries.toSorted((a, b) => b.ageMs - a.ageMs);
  for (let total = sum(left); left[0] !== undefined; total -= left.shift()?.bytes ?? 0) {
    const aboveHard = limits.hardBytes > 0 && total > limits.hardBytes;
    if (!aboveHard && (total <= limits.softBytes || left[0].ageMs < limits.minSweepAgeMs)) break;
  }
  return left;
}

function keptByPlan(entries: readonly Entry[], limits: CacheLimits): readonly Entry[] {
  const ages = new AgeTable(limits.minSweepAgeMs);
  for (const { ageMs, bytes } of entries) ages.add(ageMs, bytes);
  const plan = planSweep(ages, limits);
  if (plan === undefined) return entries;
  const goes = sweepDecision(ages, plan);
  return entries.filter(({ ageMs, bytes }) => !goes(ageMs, bytes));
}

const limits = fc.record({
  softBytes: fc.integer({ min: 0, max: 5000 }),
  hardBytes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 8000 })),
  minSweepAgeMs: fc.integer({ min: 0, max: 1_000_000 }),
});
const bytes = fc.integer({ min: 1, max: 1000 });

it('keeps what kopia keeps when no two ages are alike', () => {
  const entries = fc
    .uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 20 })
    .chain((ages) => fc.tuple(...ages.map((age) => fc.record({ ageMs: fc.constant(1.35 ** age), bytes }))));
  fc.assert(
    fc.property(entries, limits, (list, of) => {
      expect(byAge(keptByPlan(list, of))).toEqual(byAge(keptByReference(list, of)));
    }),
  );
});

it('frees what the limits ask for and no more than one entry beyond', () => {
  const entries = fc.array(fc.record({ ageMs: fc.integer({ min: -10, max: 2_000_000 }), bytes }));
  fc.assert(
    fc.property(entries, limits, (list, of) => {
      const kept = keptByPlan(list, of);
      const hard = of.hardBytes > 0 ? of.hardBytes : Infinity;
      const mayGo = kept.filter(({ ageMs }) => ageMs >= of.minSweepAgeMs);
      expect(sum(kept)).toBeLessThanOrEqual(hard);
      if (mayGo.length > 0) expect(sum(kept)).toBeLessThanOrEqual(of.softBytes);
      const gone = list.filter((entry) => !kept.includes(entry));
      const last = Math.max(0, ...gone.map((entry) => entry.bytes));
      if (gone.length > 0) expect(sum(kept) + last).toBeGreaterThan(Math.min(of.softBytes, hard));
      if (sum(list) <= hard) expect(gone.every(({ ageMs }) => ageMs >= of.minSweepAgeMs)).toBe(true);
    }),
  );
});

it('changes nothing the second time', () => {
  const entries = fc.array(fc.record({ ageMs: fc.integer({ min: 0, max: 2_000_000 }), bytes }));
  fc.assert(
    fc.property(entries, limits, (list, of) => {
      const kept = keptByPlan(list, of);
      expect(keptByPlan(kept, of)).toEqual(kept);
    }),
  );
});

it('takes ages of any size', () => {
  const ages = new AgeTable(1000);
  for (const ageMs of [-1, 0, 999, 1000, 1e12, 1e18, Number.MAX_VALUE]) {
    ages.add(ageMs, 1);
    expect(ages.bytesIn(ages.slotOf(ageMs))).toBeGreaterThan(0);
    expect(ages.mayGo(ages.slotOf(ageMs))).toBe(ageMs >= 1000);
  }
  expect(ages.totalBytes).toBe(7);
});

function sum(entries: readonly Entry[]): number {
  return entries.reduce((total, entry) => total + entry.bytes, 0);
}

function byAge(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted((a, b) => a.ageMs - b.ageMs);
}
