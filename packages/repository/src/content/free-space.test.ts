import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { FreeSpace } from './free-space.ts';

const SIZE = 1000;

it('never gives two owners the same byte, and has it all again in the end', () => {
  // Positive: take as many; otherwise: give back one of those taken.
  const steps = fc.array(fc.integer({ min: -20, max: 300 }));
  fc.assert(
    fc.property(steps, (list) => {
      const space = new FreeSpace(SIZE);
      const owners = new Uint8Array(SIZE);
      const taken: { offset: number; length: number }[] = [];
      for (const step of list) {
        if (step > 0) {
          const offset = space.take(step);
          if (offset < 0) continue;
          expect(offset + step).toBeLessThanOrEqual(SIZE);
          expect(owners.subarray(offset, offset + step).every((owner) => owner === 0)).toBe(true);
          owners.fill(1, offset, offset + step);
          taken.push({ offset, length: step });
        } else {
          const [given] = taken.splice(-step % Math.max(1, taken.length), 1);
          if (given === undefined) continue;
          owners.fill(0, given.offset, given.offset + given.length);
          space.give(given.offset, given.length);
        }
      }
      for (const { offset, length } of taken) space.give(offset, length);
      expect(space.take(SIZE)).toBe(0);
      expect(space.take(1)).toBe(-1);
    }),
  );
});

it('says so when no gap is large enough', () => {
  const space = new FreeSpace(10);
  expect([space.take(4), space.take(4), space.take(4)]).toEqual([0, 4, -1]);
  space.give(0, 4);
  expect([space.take(5), space.take(4), space.take(2)]).toEqual([-1, 0, 8]);
});
