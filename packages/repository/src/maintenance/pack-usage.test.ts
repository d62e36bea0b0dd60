import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { PackUsage } from './pack-usage.ts';

describe('PackUsage', () => {
  it('adds up as a map would', () => {
    const contents = fc.array(
      fc.record({ pack: fc.nat(3000), bytes: fc.nat(1000), isMovable: fc.boolean() }),
      {
        size: 'large',
        maxLength: 5000,
      },
    );
    fc.assert(
      fc.property(contents, fc.nat(3000), (list, limit) => {
        const usage = new PackUsage();
        const plain = new Map<string, { total: number; movable: number }>();
        for (const { pack, bytes, isMovable } of list) {
          const name = `p${pack.toString(16).padStart(32, '0')}-s1`;
          usage.add(name, bytes, isMovable);
          const sum = plain.get(name) ?? { total: 0, movable: 0 };
          plain.set(name, { total: sum.total + bytes, movable: sum.movable + (isMovable ? bytes : 0) });
        }
        const short = [...plain].filter(([, { total, movable }]) => movable > 0 && total < limit);
        expect(usage.count).toBe(plain.size);
        expect(usage.countShort(limit)).toBe(short.length);
        for (const [name] of plain) expect(usage.has(name)).toBe(true);
        for (const [name] of short) expect(usage.isShort(name, limit)).toBe(true);
        expect(usage.has('pnone')).toBe(false);
      }),
      { numRuns: 30 },
    );
  });
});
