import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { InvariantError } from '../errors.ts';
import { SEGMENT_BYTES, SegmentPool } from './segments.ts';

describe('a segment pool', () => {
  test('gives each segment to one owner at a time', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { maxLength: 40 }), (steps) => {
        const pool = SegmentPool.create(3 * SEGMENT_BYTES);
        const held: number[] = [];
        for (const step of steps) {
          const returned = step === 3 ? held.shift() : undefined;
          if (returned !== undefined) pool.release(returned);
          else {
            const segment = pool.tryAcquire();
            expect(segment === undefined).toBe(held.length === 3);
            expect(held).not.toContain(segment);
            if (segment !== undefined) held.push(segment);
          }
          expect(pool.free).toBe(3 - held.length);
        }
      }),
    );
  });

  test('is seen alike through its memory', () => {
    const pool = SegmentPool.create(2 * SEGMENT_BYTES);
    const other = new SegmentPool(pool.memory);
    const segment = pool.tryAcquire() ?? -1;
    pool.bytes(segment).fill(9);
    expect(other.free).toBe(1);
    expect(other.bytes(segment)[SEGMENT_BYTES - 1]).toBe(9);
    expect(other.tryAcquire()).not.toBe(segment);
    expect(other.tryAcquire()).toBeUndefined();
  });

  test('does not share bytes between segments', () => {
    const pool = SegmentPool.create(2 * SEGMENT_BYTES);
    pool.bytes(0).fill(1);
    pool.bytes(1).fill(2);
    expect(pool.bytes(0).every((byte) => byte === 1)).toBe(true);
  });

  test('wakes who waits for a release', async () => {
    const pool = SegmentPool.create(SEGMENT_BYTES);
    const segment = pool.tryAcquire() ?? -1;
    const version = pool.version();
    const woken = pool.released(version);
    pool.release(segment);
    await woken;
    expect(pool.version()).toBeGreaterThan(version);
    await pool.released(version); // released in the meantime: no waiting
  });

  test('takes nothing back twice', () => {
    const pool = SegmentPool.create(SEGMENT_BYTES);
    const segment = pool.tryAcquire() ?? -1;
    pool.release(segment);
    expect(() => pool.release(segment)).toThrow(InvariantError);
    expect(pool.tryAcquire()).toBe(segment);
  });
});
