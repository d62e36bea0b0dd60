import fc from 'fast-check';
import { expect, it } from 'vitest';

import { type ByteName, byteNameFromLatin1 } from '../snapshot/names.ts';
import { packNames } from './packed-names.ts';
import { sliceOf, takeSlices, withStandIns } from './remaining-names.ts';

const name = fc
  .uint8Array({ minLength: 1, maxLength: 20 })
  .map((bytes) => byteNameFromLatin1(Buffer.from(bytes.map((byte) => byte || 1)).toString('latin1')));
const listed = fc.uniqueArray(fc.tuple(name, fc.option(name, { nil: undefined })), {
  selector: ([first]) => first,
  maxLength: 200,
});

it('gives every name once, with its stand-in if it has one', () => {
  fc.assert(
    fc.property(listed, fc.integer({ min: 1, max: 50 }), (pairs, length) => {
      const names = pairs.map(([first]) => first);
      const standIns = new Map<ByteName, ByteName>();
      for (const [first, standIn] of pairs) if (standIn !== undefined) standIns.set(first, standIn);
      const remaining = withStandIns(packNames(names), standIns);
      const slices = [...takeSlices(remaining, length)];
      expect(slices.flatMap((slice) => slice.names)).toEqual(names);
      expect(slices.every((slice) => slice.names.length <= length)).toBe(true);
      expect(new Map(slices.flatMap((slice) => [...slice.visibleNames]))).toEqual(standIns);
      for (const slice of slices) expect(slice).toEqual(sliceOf(slice.names, standIns));
      expect([...takeSlices(remaining, length)]).toEqual([]);
    }),
  );
});
