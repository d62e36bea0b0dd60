import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  checkpointPrefix,
  compactionPrefix,
  epochMarkerId,
  indexBlobPrefix,
  parseEpochBlobName,
  parseSet,
  setSuffix,
  watermarkId,
} from './names.ts';

const HASH = '94ee9358b53a3321023eac2a3a0eb0fe';

describe('names of epoch blobs', () => {
  it.each([
    [`xn0_${HASH}-s202399cda56a97be147-c1`, { kind: 'index', epoch: 0 }],
    [`xn12_${HASH}`, { kind: 'index', epoch: 12 }],
    [`xs3_${HASH}-s0bf16de12068d801-c1`, { kind: 'compaction', epoch: 3 }],
    [`xr0_3_${HASH}-sd88de60db53849ba-c1`, { kind: 'checkpoint', first: 0, last: 3 }],
    ['xe5', { kind: 'marker', epoch: 5 }],
    ['xe5_whatever', { kind: 'marker', epoch: 5 }],
    ['xw1795419810', { kind: 'watermark', seconds: 1_795_419_810 }],
  ])('reads %s', (id, expected) => {
    expect(parseEpochBlobName(id)).toEqual(expected);
  });

  it.each([
    '',
    'x',
    'xn',
    'xn_',
    `xn01_${HASH}`,
    `xn1${HASH}`,
    'xe',
    'xe5a',
    `xe${'9'.repeat(30)}`,
    'xw',
    'xw-5',
    'xw5_',
    'xr0_3',
    'xr3_0_a',
    'xr1__a',
    'xq5',
    'n0',
    'p5',
  ])('ignores %s', (id) => {
    expect(parseEpochBlobName(id)).toBeUndefined();
  });

  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        expect(parseEpochBlobName(`${indexBlobPrefix(a)}${HASH}`)).toEqual({ kind: 'index', epoch: a });
        expect(parseEpochBlobName(`${compactionPrefix(a)}${HASH}`)).toEqual({ kind: 'compaction', epoch: a });
        expect(parseEpochBlobName(`${checkpointPrefix(first, last)}${HASH}`)).toEqual({
          kind: 'checkpoint',
          first,
          last,
        });
        expect(parseEpochBlobName(epochMarkerId(a))).toEqual({ kind: 'marker', epoch: a });
        expect(parseEpochBlobName(watermarkId(a))).toEqual({ kind: 'watermark', seconds: a });
        expect(parseSet(`xs1_${HASH}-${setSuffix(`s${a}`, b)}`)).toEqual({ set: `s${a}`, count: b });
      }),
    );
  });

  it.each([`xs1_${HASH}`, `xs1_${HASH}-s1`, `xs1_${HASH}-t1-c1`, `xs1_${HASH}-s1-cx`])(
    'takes %s for a set of its own',
    (id) => {
      expect(parseSet(id)).toBeUndefined();
    },
  );
});
