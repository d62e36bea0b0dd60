import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { repositoryErrorCode } from '../errors.ts';
import { GOLDEN_POSTAMBLE } from '../testing/golden-repository.ts';
import { decodePostamble, encodePostamble, type Postamble } from './postamble.ts';

const golden: Postamble = {
  localIndexIv: Buffer.from('7b77a0e48d2b90e5d91f78a1f653a590', 'hex'),
  localIndexOffset: 4096,
  localIndexLength: 175,
};

const postambles: fc.Arbitrary<Postamble> = fc.record({
  localIndexIv: fc.uint8Array({ minLength: 16, maxLength: 32 }),
  localIndexOffset: fc.nat(),
  localIndexLength: fc.nat(),
});

describe('postamble', () => {
  it("has kopia's bytes", () => {
    expect(Buffer.from(encodePostamble(golden)).toString('hex')).toBe(
      Buffer.from(GOLDEN_POSTAMBLE).toString('hex'),
    );
    const decoded = decodePostamble(GOLDEN_POSTAMBLE);
    expect({ ...decoded, localIndexIv: Buffer.from(decoded.localIndexIv) }).toEqual(golden);
  });

  it('decodes what it encoded, behind anything', () => {
    fc.assert(
      fc.property(postambles, fc.uint8Array(), (postamble, before) => {
        expect(decodePostamble(Uint8Array.of(...before, ...encodePostamble(postamble)))).toEqual(postamble);
      }),
    );
  });

  it('refuses any flipped bit and any truncation', () => {
    fc.assert(
      fc.property(postambles, fc.nat(), (postamble, position) => {
        const bytes = encodePostamble(postamble);
        const byte = position % bytes.length;
        const flipped = bytes.slice();
        flipped[byte] = (flipped[byte] ?? 0) ^ (1 << (position % 8));
        expect(codeOf(flipped)).toBe('PACK_CORRUPT');
        expect(codeOf(bytes.subarray(0, byte))).toBe('PACK_CORRUPT');
      }),
    );
  });

  it.each([
    { problem: 'another version', hex: '0200000098f0d82a08' },
    { problem: 'nothing but a checksum', hex: '0000000004' },
  ])('refuses $problem', ({ hex }) => {
    expect(codeOf(Buffer.from(hex, 'hex'))).toBe('PACK_CORRUPT');
  });
});

function codeOf(tail: Uint8Array): string | undefined {
  try {
    decodePostamble(tail);
    return 'no error';
  } catch (error) {
    return repositoryErrorCode(error) ?? String(error);
  }
}
