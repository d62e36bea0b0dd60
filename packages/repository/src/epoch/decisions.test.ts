import { describe, expect, it } from 'vitest';

import type { BlobId, BlobMetadata } from '../blob/storage.ts';
import type { EpochParameters } from '../format/epoch-parameters.ts';
import { decideAdvance, decideCheckpoint, decideCleanup, decideSingleCompaction } from './decisions.ts';
import { type EpochState, epochStateOf } from './state.ts';

const parameters: EpochParameters = {
  enabled: true,
  epochRefreshFrequencyMs: 1,
  fullCheckpointFrequency: 2,
  cleanupSafetyMarginMs: 100,
  minEpochDurationMs: 1000,
  epochAdvanceOnCountThreshold: 3,
  epochAdvanceOnTotalSizeThreshold: 50,
  deleteParallelism: 4,
  unknown: {},
};

/** Blobs as `name@time` or `name@time:length`, separated by blanks. */
function stateOf(blobs: string): EpochState {
  return epochStateOf(
    blobs.split(' ').map((text): BlobMetadata => {
      const [id = '', time = '0', length = '1'] = text.split(/[@:]/);
      return { id: id as BlobId, timestampMs: Number(time), length: Number(length) };
    }),
  );
}

function ids(blobs: readonly BlobMetadata[] | undefined): string[] | undefined {
  return blobs?.map(({ id }) => id).toSorted();
}

describe('decideAdvance', () => {
  it.each([
    { what: 'nothing is there', blobs: 'xe1', next: undefined },
    { what: 'count and duration suffice', blobs: 'xn0_a@0 xn0_b@500 xn0_c@1000', next: 1 },
    { what: 'size and duration suffice', blobs: 'xn0_a@0:25 xn0_b@1000:25', next: 1 },
    { what: 'the epoch is too short', blobs: 'xn0_a@1:99 xn0_b@500 xn0_c@1000', next: undefined },
    { what: 'the epoch is too small', blobs: 'xn0_a@0 xn0_b@9000', next: undefined },
    { what: 'the blobs are of another epoch', blobs: 'xe1 xn0_a@0 xn0_b@500 xn0_c@1000', next: undefined },
  ])('says $next when $what', ({ blobs, next }) => {
    expect(decideAdvance(stateOf(blobs), parameters)).toBe(next);
  });
});

describe('decideSingleCompaction', () => {
  it.each([
    {
      what: 'the oldest settled epoch',
      blobs: 'xe3 xn0_a xn0_b xn1_c xn2_d',
      epoch: 0,
      inputs: ['xn0_a', 'xn0_b'],
    },
    { what: 'the one after those compacted', blobs: 'xe3 xn0_a xs0_x xn1_c', epoch: 1, inputs: ['xn1_c'] },
    {
      what: 'the one after a checkpoint',
      blobs: 'xe9 xr0_3_x xn3_a xs4_y xn5_c',
      epoch: 5,
      inputs: ['xn5_c'],
    },
    {
      what: 'one whose compaction is incomplete',
      blobs: 'xe2 xn0_a xs0_x-s1-c2',
      epoch: 0,
      inputs: ['xn0_a'],
    },
  ])('takes $what', ({ blobs, epoch, inputs }) => {
    const compaction = decideSingleCompaction(stateOf(blobs));
    expect(compaction).toMatchObject({ first: epoch, last: epoch });
    expect(ids(compaction?.inputs)).toEqual(inputs);
  });

  it.each(['xe1 xn0_a', 'xe2 xn0_a xs0_b xn1_c', 'xe5 xn1_a'])('leaves %s alone', (blobs) => {
    expect(decideSingleCompaction(stateOf(blobs))).toBeUndefined();
  });
});

describe('decideCheckpoint', () => {
  it('merges all settled epochs, from compactions where there are any', () => {
    const compaction = decideCheckpoint(stateOf('xe4 xn0_a xs0_b xn1_c xn2_d xn3_e'), parameters);
    expect(compaction).toMatchObject({ first: 0, last: 2 });
    expect(ids(compaction?.inputs)).toEqual(['xn1_c', 'xn2_d', 'xs0_b']);
  });

  it('starts behind the last checkpoint', () => {
    const compaction = decideCheckpoint(stateOf('xe7 xr0_2_x xs3_a xs4_b xs5_c'), parameters);
    expect(compaction).toMatchObject({ first: 3, last: 5 });
  });

  it.each(['xe0 xn0_a', 'xe3 xn0_a xn1_b', 'xe6 xr0_2_x xs3_a xs4_b'])('waits with %s', (blobs) => {
    expect(decideCheckpoint(stateOf(blobs), parameters)).toBeUndefined();
  });
});

describe('decideCleanup', () => {
  it('removes what everybody has had time to see replaced', () => {
    const state = stateOf(
      'xe3@0 xe4@0 xe2@0 xe1@0 xn0_a@5 xn0_b@6 xs0_c@899 xn1_d@7 xs1_e@900 xn4_f@1000 xn2_g@9 xw5@10 xw6@900 xw7@20',
    );
    expect(ids(decideCleanup(state, parameters))).toEqual(['xe1', 'xe2', 'xn0_a', 'xn0_b', 'xw5']);
  });

  it('removes nothing as long as nobody writes: there is no clock to go by', () => {
    expect(decideCleanup(stateOf('xe4 xn0_a@5 xs0_b@6 xe1@0'), parameters)).toEqual([]);
  });

  it('removes nothing that is read', () => {
    const state = stateOf('xe2 xn0_a@0 xs0_b-s1-c2@0 xn2_c@9000');
    expect(decideCleanup(state, parameters)).toEqual([]);
  });
});
