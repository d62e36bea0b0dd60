import fc from 'fast-check';
import { expect, it } from 'vitest';

import { byteNameFromLatin1 } from '../snapshot/names.ts';
import { NamePacker, packNames, slicesOf, takeNames, unpackNames } from './packed-names.ts';

const names = fc.array(
  fc
    .uint8Array({ minLength: 1, maxLength: 255 })
    .map((bytes) => byteNameFromLatin1(Buffer.from(bytes.map((byte) => byte || 1)).toString('latin1'))),
  { maxLength: 2000 },
);

it('unpacks what was packed, as often as wanted', () => {
  fc.assert(
    fc.property(names, (list) => {
      const packer = new NamePacker();
      for (const name of list) packer.push(name);
      const unpacked = unpackNames(packer.finish());
      expect([...unpacked]).toEqual(list);
      expect([...unpacked]).toEqual(list);
    }),
    { numRuns: 30 },
  );
});

it('lets go of what was taken', () => {
  fc.assert(
    fc.property(names, (list) => {
      const packed = packNames(list);
      expect([...takeNames(packed)]).toEqual(list);
      expect([...takeNames(packed)]).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

it('cuts lists without losing or doubling a name', () => {
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 50 }), (list, length) => {
      const slices = [...slicesOf(list, length)];
      expect(slices.flat()).toEqual(list);
      expect(slices.every((slice) => slice.length > 0 && slice.length <= length)).toBe(true);
    }),
  );
});
