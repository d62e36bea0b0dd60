import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeUvarint, encodeUvarint } from './uvarint.ts';

describe('uvarint', () => {
  it.each([
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [4096, '8020'],
    [2 ** 32, '8080808010'],
    [Number.MAX_SAFE_INTEGER, 'ffffffffffffff0f'],
  ])('encodes %i', (value, hex) => {
    expect(Buffer.from(encodeUvarint(value)).toString('hex')).toBe(hex);
  });

  it('decodes what it encoded, anywhere', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.uint8Array({ maxLength: 5 }), (value, before) => {
        const bytes = Uint8Array.of(...before, ...encodeUvarint(value), 0x81);
        expect(decodeUvarint(bytes, before.length)).toEqual({ value, next: bytes.length - 1 });
      }),
    );
  });

  it.each(['', '80', 'ffff', 'ffffffffffffff1f', 'ffffffffffffffffff01', '80'.repeat(400)])(
    'does not decode %s',
    (hex) => {
      expect(decodeUvarint(Buffer.from(hex, 'hex'), 0)).toBeUndefined();
    },
  );
});
