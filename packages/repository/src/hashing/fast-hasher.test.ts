import { expect, it } from 'vitest';
import { fastHasher } from './fast-hasher.ts';
import type { Hasher } from './hasher.ts';

const MIB = 1 << 20;

/** A hash that is the last byte, told apart by how often it is asked. */
function lastByte(change: number = 0): Hasher & { calls: number } {
  const hasher = {
    digestLength: 1,
    calls: 0,
    hash: (data: Uint8Array, out: Uint8Array): void => {
      hasher.calls++;
      out[0] = (data.at(-1) ?? 0) + change;
    },
    hashPieces: (pieces: Iterable<Uint8Array>, out: Uint8Array): void => {
      for (const piece of pieces) hasher.hash(piece, out);
    },
  };
  return hasher;
}

function hashMegabytes(hasher: Hasher, count: number): void {
  for (let i = 0; i < count; i++) hasher.hash(new Uint8Array(MIB), new Uint8Array(1));
}

it('goes over to the faster one, once and after some megabytes', () => {
  const [first, faster] = [lastByte(), lastByte()];
  let loads = 0;
  const hasher = fastHasher(first, () => (loads++, faster));
  hashMegabytes(hasher, 3);
  expect(loads).toBe(0);
  hashMegabytes(hasher, 7);
  hasher.hashPieces([new Uint8Array(1)], new Uint8Array(1));
  expect(loads).toBe(1);
  expect(first.calls).toBe(4 + 1); // and the probe
  expect(faster.calls).toBe(1 + 6 + 1);
});

it.each([
  ['disagrees', () => lastByte(1)],
  ['is not there', () => undefined],
  [
    'fails',
    () => {
      throw new Error('no such function');
    },
  ],
])('stays with the first where the other %s', (_, load) => {
  const first = lastByte();
  const hasher = fastHasher(first, load);
  hashMegabytes(hasher, 10);
  expect(first.calls).toBeGreaterThanOrEqual(10);
});
