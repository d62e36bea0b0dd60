import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repositoryErrorCode } from '../errors.ts';
import { compressorByName, compressors, decompress } from './registry.ts';
import { contextsWork } from './zstd-context.ts';

interface Sample {
  readonly file: string;
  readonly length: number;
  readonly sha256: string;
}

const testdata = (file: string): Uint8Array => readFileSync(new URL(`testdata/${file}`, import.meta.url));

// The file is part of this test.
const samples = JSON.parse(Buffer.from(testdata('samples.json')).toString()) as readonly Sample[];
const names = Object.keys(compressors);

/** Bytes with the repetitions that compressors look for. */
const compressible: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.tuple(fc.nat(255), fc.nat(3000)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
      fc.nat(400).map((length) => Uint8Array.from({ length }, (_, i) => (i * 7) % 97)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => new Uint8Array(Buffer.concat(parts)));

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return repositoryErrorCode(error) ?? 'not a repository error';
  }
}

function stored(headerId: number, ...payload: readonly Uint8Array[]): Uint8Array {
  const header = new Uint8Array(4);
  new DataView(header.buffer).setUint32(0, headerId);
  return Buffer.concat([header, ...payload]);
}

describe('samples of other programs', () => {
  it.each(samples)('$file decodes', ({ file, length, sha256 }) => {
    const plain = decompress(testdata(file), length);
    expect(plain.length).toBe(length);
    expect(createHash('sha256').update(plain).digest('hex')).toBe(sha256);
    expect(codeOf(() => decompress(testdata(file), length - 1))).toBe('COMPRESSION_CORRUPT');
  });

  it.each(samples)('$file is refused when cut off', ({ file, length }) => {
    const whole = testdata(file);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (kept) => {
        let plain: Uint8Array | undefined;
        const code = codeOf(() => (plain = decompress(whole.subarray(0, kept), length)));
        // An S2 stream says nowhere how long it is: cut between chunks, it is a shorter stream.
        if (plain !== undefined) expect(plain.length).toBeLessThanOrEqual(length);
        else expect(code).toBe('COMPRESSION_CORRUPT');
      }),
      { numRuns: 25 },
    );
  });

  it.each(samples)('$file with flipped bits stays within bounds', ({ file, length }) => {
    const whole = testdata(file);
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, mask) => {
          const damaged = Uint8Array.from(whole);
          damaged[at] = (damaged[at] ?? 0) ^ mask;
          let plain: Uint8Array | undefined;
          const code = codeOf(() => (plain = decompress(damaged, length)));
          if (plain === undefined) expect(code).toBe('COMPRESSION_CORRUPT');
          else expect(plain.length).toBeLessThanOrEqual(length);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe.each(names)('%s', (name) => {
  const compressor = compressorByName(name);

  it('gives back what it compressed, and only what got smaller', () => {
    fc.assert(
      fc.property(compressible, (data) => {
        const packed = compressor.compress(data);
        if (packed === undefined) return;
        expect(packed.length).toBeLessThan(data.length);
        expect(Buffer.from(packed).readUInt32BE()).toBe(compressor.headerId);
        expect(Buffer.compare(decompress(packed, data.length), data)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('compresses long runs, and several blocks', () => {
    const data = new Uint8Array(2_500_000).map((_, i) => (i >>> 12) * 31 + (i & 7));
    const packed = compressor.compress(data);
    expect(packed?.length).toBeLessThan(data.length / 20);
    expect(Buffer.compare(decompress(packed ?? new Uint8Array(0), data.length), data)).toBe(0);
  });

  it('leaves random bytes alone', () => {
    for (const length of [0, 1, 5, 30, 1000, 100_000, 1_200_000])
      expect(compressor.compress(randomBytes(length))).toBeUndefined();
  });

  it('works on after random bytes', () => {
    const text = Buffer.from('contents of a repository, '.repeat(30));
    compressor.compress(randomBytes(70_000));
    expect(Buffer.from(decompress(compressor.compress(text) ?? text, text.length)).toString()).toBe(
      text.toString(),
    );
  });

  it('reads shared and WebAssembly memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(3000), 500, 2000).fill(7);
    const wasm = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer, 500, 2000).fill(7);
    for (const data of [shared, wasm]) {
      const packed = compressor.compress(data)?.slice() ?? new Uint8Array(0);
      const sharedPacked = new Uint8Array(new SharedArrayBuffer(packed.length));
      sharedPacked.set(packed);
      expect(Buffer.compare(decompress(sharedPacked, 2000), data)).toBe(0);
    }
  });
});

describe('decompress', () => {
  it('reads several zstd frames and several gzip members', () => {
    const part = Buffer.from('one part, one part, one part');
    const zstd = zstdCompressSync(part, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
    const gzip = gzipSync(part);
    const both = Buffer.concat([part, part]).toString();
    expect(Buffer.from(decompress(stored(0x1100, zstd, zstd), both.length)).toString()).toBe(both);
    expect(Buffer.from(decompress(stored(0x1000, gzip, gzip), both.length)).toString()).toBe(both);
  });

  it('decodes well after a damaged or too long frame', () => {
    const zstd = zstdCompressSync(Buffer.from('a text, a text, a text, a text'));
    expect(codeOf(() => decompress(stored(0x1101, zstd.subarray(0, 15)), 30))).toBe('COMPRESSION_CORRUPT');
    for (const maxLength of [0, 5, 29]) {
      expect(codeOf(() => decompress(stored(0x1101, zstd), maxLength))).toBe('COMPRESSION_CORRUPT');
      expect(decompress(stored(0x1101, zstd), 30).length).toBe(30);
    }
  });

  it('refuses what would decode to more than allowed', () => {
    const zeros = new Uint8Array(50_000_000);
    for (const name of ['gzip', 'deflate-default', 'zstd', 's2-default']) {
      const bomb = compressorByName(name).compress(zeros)?.slice() ?? new Uint8Array(0);
      expect(codeOf(() => decompress(bomb, 1000))).toBe('COMPRESSION_CORRUPT');
    }
  });

  it('refuses unknown header ids and data without one', () => {
    for (const headerId of [0, 0x1003, 0x1104, 0x1204, 0x1303, 0x1401, 0x1503, 0x1600, 0xffffffff])
      expect(codeOf(() => decompress(stored(headerId, new Uint8Array(20)), 100))).toBe('ALGORITHM_UNKNOWN');
    expect(codeOf(() => decompress(new Uint8Array(3), 100))).toBe('COMPRESSION_CORRUPT');
  });

  it('refuses arbitrary payloads of every family or stays within bounds', () => {
    const headerIds = fc.constantFrom(0x1000, 0x1100, 0x1200, 0x1400, 0x1500);
    fc.assert(
      fc.property(headerIds, fc.uint8Array({ maxLength: 200 }), (headerId, payload) => {
        let plain: Uint8Array | undefined;
        const code = codeOf(() => (plain = decompress(stored(headerId, payload), 500)));
        if (plain === undefined) expect(code).toBe('COMPRESSION_CORRUPT');
        else expect(plain.length).toBeLessThanOrEqual(500);
      }),
      { numRuns: 300 },
    );
  });
});

describe('compressorByName', () => {
  it('refuses unknown names, and those that only used to be written', () => {
    for (const name of ['none', 'lz4', '', 'toString', 'ZSTD'])
      expect(codeOf(() => compressorByName(name))).toBe('ALGORITHM_UNKNOWN');
  });
});

it('this version of Node shares zstd contexts', () => {
  // Fails on a new major: try ZstdContext there, then add it to the list in zstd-context.ts.
  expect(contextsWork).toBe(true);
});
