import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Checksum, crc32Castagnoli, crc32Ieee } from './crc32.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const whole = (checksum: Checksum, bytes: Uint8Array): number => checksum(bytes, 0, bytes.length);

function bitwise(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe('CRC-32', () => {
  it('agrees with zlib on any span', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(20), (bytes, from) => {
        const start = Math.min(from, bytes.length);
        expect(crc32Ieee(bytes, start, bytes.length)).toBe(crc32(bytes.subarray(start)));
      }),
    );
  });
});

describe('CRC-32C', () => {
  // RFC 3720, appendix B.4
  it.each([
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 times 0xff', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['ascending', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['descending', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ['check string', ascii('123456789'), 0xe3069283],
    ['nothing', new Uint8Array(0), 0],
  ])('has the published value of %s', (_name, bytes, expected) => {
    expect(whole(crc32Castagnoli, bytes)).toBe(expected);
  });

  it('agrees with the bitwise definition on any span', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(20), (bytes, from) => {
        const start = Math.min(from, bytes.length);
        expect(crc32Castagnoli(bytes, start, bytes.length)).toBe(bitwise(bytes.subarray(start)));
      }),
    );
  });
});
