import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PositionTable } from './position-table.ts';

test('holds what a Map holds', () => {
  const entries = fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.nat(2 ** 32 - 3)), { maxLength: 2_000 });
  fc.assert(
    fc.property(entries, fc.array(fc.string({ maxLength: 3 })), (list, others) => {
      const table = new PositionTable();
      for (const [key, position] of list) table.set(key, position);
      const map = new Map(list);
      for (const key of [...map.keys(), ...others]) expect(table.get(key)).toBe(map.get(key));
    }),
    { numRuns: 30 },
  );
});

test('grows', () => {
  const table = new PositionTable();
  for (let i = 0; i < 50_000; i++) table.set(`${i}`, i);
  for (let i = 0; i < 50_000; i++) if (table.get(`${i}`) !== i) expect.fail(`${i} is lost`);
  expect(table.get('50000')).toBeUndefined();
});
