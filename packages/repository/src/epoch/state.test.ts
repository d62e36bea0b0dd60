import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { BlobId, BlobMetadata } from '../blob/storage.ts';
import { epochStateOf, readSet } from './state.ts';

const blob = (id: string): BlobMetadata => ({ id: id as BlobId, length: 1, timestampMs: 0 });

/** Read set of a repository with these blobs, names separated by blanks. */
const readSetOf = (names: string): string =>
  readSet(epochStateOf(names.split(' ').filter(Boolean).map(blob)))
    .map(({ id }) => id)
    .join(' ');

describe('read set', () => {
  it.each([
    { what: 'nothing', names: '', expected: '' },
    { what: 'a fresh repository', names: 'xn0_b-s1-c1 xn0_a-s2-c1', expected: 'xn0_a-s2-c1 xn0_b-s1-c1' },
    { what: 'writers one epoch ahead, not two', names: 'xe1 xn1_a xn2_b xn3_c', expected: 'xn1_a xn2_b' },
    { what: 'incomplete sets of index blobs', names: 'xn0_a-s1-c2', expected: 'xn0_a-s1-c2' },
    { what: 'a compaction of a settled epoch', names: 'xe2 xs0_c xn0_a xn1_b', expected: 'xs0_c xn1_b' },
    { what: 'a compaction of an unsettled epoch', names: 'xe2 xs1_c xn0_a xn1_b', expected: 'xn0_a xn1_b' },
    { what: 'an incomplete compaction', names: 'xe2 xs0_c-s1-c2 xn0_a', expected: 'xn0_a' },
    {
      what: 'the complete one of two compactions',
      names: 'xe2 xs0_a-s1-c2 xs0_b-s2-c2 xs0_c-s2-c2 xn0_a',
      expected: 'xs0_b-s2-c2 xs0_c-s2-c2',
    },
    {
      what: 'a chain of checkpoints and what follows',
      names: 'xe9 xr0_3_a xr4_6_b xs2_x xs5_x xs7_c xn6_x xn8_d',
      expected: 'xr0_3_a xr4_6_b xs7_c xn8_d',
    },
    {
      what: 'the chain that reaches furthest',
      names: 'xe20 xr0_8_a xr0_3_b xr4_9_c xr5_19_d',
      expected: 'xr0_3_b xr4_9_c',
    },
    {
      what: 'the chain with the fewest pieces among equals',
      names: 'xe20 xr0_3_a xr4_9_b xr0_9_c',
      expected: 'xr0_9_c',
    },
    {
      what: 'an incomplete checkpoint',
      names: 'xe9 xr0_3_a-s1-c2 xr4_6_b xn0_c xs5_d',
      expected: 'xn0_c xs5_d',
    },
    {
      what: 'checkpoints of single epochs',
      names: 'xe9 xr0_0_a xr1_4_b xn0_x xn5_c',
      expected: 'xr0_0_a xr1_4_b xn5_c',
    },
    { what: 'a range that runs backwards', names: 'xe9 xr0_3_a xr4_3_b xn4_c', expected: 'xr0_3_a xn4_c' },
    {
      what: 'a stray marker of a far epoch',
      names: `xe${2 ** 50} xn0_a xs0_b xn1_c`,
      expected: 'xs0_b xn1_c',
    },
  ])('knows $what', ({ names, expected }) => {
    expect(readSetOf(names)).toBe(expected);
  });

  const names = fc.oneof(
    fc.tuple(fc.nat(12), fc.nat(5)).map(([epoch, n]) => `xn${epoch}_${n}-s${n}-c1`),
    fc.tuple(fc.nat(12), fc.nat(2), fc.nat(2)).map(([epoch, set, n]) => `xs${epoch}_${n}-s${set}-c2`),
    fc.tuple(fc.nat(8), fc.nat(4), fc.nat(1)).map(([a, more, n]) => `xr${a}_${a + more}_${n}-s1-c2`),
    fc.nat(11).map((epoch) => `xe${epoch}`),
    fc.nat(99).map((seconds) => `xw${seconds}`),
  );
  const listings = fc.uniqueArray(names, { maxLength: 80, size: 'max' });

  it('does not depend on the order of the listing', () => {
    fc.assert(
      fc.property(listings, (listing) => {
        expect(epochStateOf(listing.toReversed().map(blob))).toEqual(epochStateOf(listing.map(blob)));
      }),
    );
  });

  it('loses no epoch: its index blobs or something complete in their place', () => {
    fc.assert(
      fc.property(listings, (listing) => {
        const state = epochStateOf(listing.map(blob));
        const chosen = new Set(readSet(state).map(({ id }) => id));
        for (const [epoch, indexes] of state.indexes) {
          const covering = [
            indexes,
            state.compactions.get(epoch) ?? [],
            ...state.checkpoints
              .filter(({ first, last }) => first <= epoch && epoch <= last)
              .map((c) => c.blobs),
          ].filter((set) => set.length > 0);
          const isRead = covering.some((set) => set.every(({ id }) => chosen.has(id)));
          expect(isRead).toBe(epoch <= state.writeEpoch + 1);
        }
      }),
    );
  });

  it('takes the largest watermark', () => {
    expect(epochStateOf(['xw5', 'xw30', 'xw7', 'xwx'].map(blob)).deletionWatermarkSeconds).toBe(30);
  });
});
