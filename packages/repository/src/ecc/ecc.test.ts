import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repositoryErrorCode } from '../errors.ts';
import type { ErrorCorrection } from './ecc.ts';
import { divide, multiply } from './galois.ts';
import { eccParameters } from './parameters.ts';
import { interpolationRow } from './reed-solomon.ts';
import { createErrorCorrection } from './registry.ts';

const eccs = new Map<number, ErrorCorrection>();

function eccFor(percent: number): ErrorCorrection {
  const known = eccs.get(percent);
  if (known !== undefined) return known;
  const created = createErrorCorrection('REED-SOLOMON-CRC32', percent);
  if (created === undefined) throw new Error('no error correction');
  eccs.set(percent, created);
  return created;
}

const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return repositoryErrorCode(error);
  }
}

describe('GF(2^8)', () => {
  it('agrees with multiplication of polynomials', () => {
    const reference = (a: number, b: number): number => {
      let product = 0;
      for (let bit = 0; bit < 8; bit++) if (b & (1 << bit)) product ^= a << bit;
      for (let bit = 15; bit >= 8; bit--) if (product & (1 << bit)) product ^= 0x11d << (bit - 8);
      return product;
    };
    for (let a = 0; a < 256; a++)
      for (let b = 0; b < 256; b++) {
        expect(multiply(a, b)).toBe(reference(a, b));
        if (b !== 0) expect(divide(multiply(a, b), b)).toBe(a);
      }
  });
});

describe('parity rows', () => {
  it('are those of the systematic Vandermonde matrix', () => {
    const nodes = [0, 1, 2, 3, 4, 5];
    expect([...interpolationRow(nodes, 6)]).toEqual([7, 6, 5, 4, 3, 2]);
    expect([...interpolationRow(nodes, 7)]).toEqual([6, 7, 4, 5, 2, 3]);
  });
});

describe('parameters', () => {
  it.each([
    [1, 254, 2],
    [2, 164, 2],
    [3, 139, 2],
    [4, 228, 2],
    [5, 128, 2],
    [6, 128, 3],
    [7, 254, 2],
    [8, 128, 2],
    [9, 128, 3],
    [10, 128, 4],
    [15, 128, 11],
    [20, 128, 17],
    [25, 128, 24],
    [50, 128, 56],
    [100, 128, 120],
  ])('of %i percent are %i data and %i parity shards', (percent, data, parity) => {
    const { dataShards, parityShards } = eccParameters(percent);
    expect([dataShards, parityShards]).toEqual([data, parity]);
  });
});

describe('encoding', () => {
  it('of a few bytes is what kopia writes', () => {
    expect(Buffer.from(eccFor(5).encode(Buffer.from('hello'))).toString('hex')).toBe(
      'a035329dc95f2f8accdaa25341d912ff000031b3e6700005d12566876865cc951b276c6ca3bc65976f0041d912ff0000',
    );
  });

  it.each([
    [5, 1280, 1950, '5973006e4f414d9e52b5a70626ca99a73749fc6cff6f592080ba1863bc3a3e40'],
    [5, 20000, 21160, 'c1af7cdd1b010203b2a2bfe4fd1c2e987b94d12da182c486b2a2485d968160b8'],
    [2, 100000, 102852, '63792903e5ebea6640a766ea16149faf5bf1b2b5508a2c12550589af8cedee00'],
  ])('with %i percent of %i bytes is what kopia writes', (percent, length, stored, digest) => {
    const encoded = eccFor(percent).encode(counting(length));
    expect(encoded.length).toBe(stored);
    expect(sha256(encoded)).toBe(digest);
  });

  it('has the length announced and decodes to the input', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 5, 20, 100), fc.nat(40_000), (percent, length) => {
        const ecc = eccFor(percent);
        const data = counting(length);
        const encoded = ecc.encode(data);
        expect(encoded.length).toBe(ecc.encodedLength(length));
        expect(Buffer.compare(ecc.decode(encoded), data)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe('repair', () => {
  it('recovers as many shards of a stripe as it has parity', () => {
    const percent = 20;
    const { parityShards, dataShards, maxShardLength } = eccParameters(percent);
    const ecc = eccFor(percent);
    const data = counting(20_000);
    const pitch = 4 + maxShardLength;
    const stripes = Math.ceil((data.length + 4) / (dataShards * maxShardLength));
    const dataFrom = stripes * parityShards * pitch;
    const shardOfData = fc.uniqueArray(fc.nat(dataShards - 1), { minLength: 1, maxLength: parityShards });
    fc.assert(
      fc.property(shardOfData, fc.nat(pitch - 1), (shards, within) => {
        const stored = ecc.encode(data).slice();
        for (const shard of shards) flip(stored, dataFrom + shard * pitch + within);
        expect(Buffer.compare(ecc.decode(stored), data)).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it.each([20, 100])('recovers what was cut off, with %i percent', (percent) => {
    const { maxShardLength } = eccParameters(percent);
    const ecc = eccFor(percent);
    const data = Uint8Array.from({ length: 30_000 }, (_, i) => 1 + (i % 255));
    const stored = ecc.encode(data);
    const partial = (data.length + 4) % maxShardLength;
    for (const cut of [1, partial, 4 + partial, 4 + partial + 1, 2 * (4 + partial)])
      expect(Buffer.compare(ecc.decode(stored.subarray(0, stored.length - cut)), data)).toBe(0);
  });

  it('uses what parity is left when parity is damaged too', () => {
    const ecc = eccFor(10);
    const data = counting(5000);
    const pitch = ecc.encodedLength(5000) / (128 + 4);
    const stored = ecc.encode(data).slice();
    for (const shard of [0, 2, 4, 90]) flip(stored, shard * pitch + 5);
    expect(Buffer.compare(ecc.decode(stored), data)).toBe(0);
    flip(stored, 91 * pitch);
    expect(codeOf(() => ecc.decode(stored))).toBe('ECC_UNREPAIRABLE');
  });

  it('never returns other bytes, whatever is flipped or cut off', () => {
    const ecc = eccFor(5);
    const lengths = fc.constantFrom(0, 1, 100, 1200, 9000, 17_000);
    fc.assert(
      fc.property(lengths, fc.array(fc.nat(), { maxLength: 12 }), fc.nat(3), (length, flips, cut) => {
        const data = counting(length);
        const encoded = ecc.encode(data);
        const stored = encoded.slice(0, encoded.length - cut * 7);
        for (const at of flips) flip(stored, at % stored.length);
        let decoded: Uint8Array | undefined;
        const code = codeOf(() => (decoded = ecc.decode(stored)));
        if (decoded === undefined) expect(code).toBe('ECC_UNREPAIRABLE');
        else expect(Buffer.compare(decoded, data)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses empty input', () => {
    expect(codeOf(() => eccFor(5).decode(new Uint8Array(0)))).toBe('ECC_UNREPAIRABLE');
  });
});

describe('createErrorCorrection', () => {
  it('gives nothing when a format has none', () => {
    expect(createErrorCorrection('', 5)).toBeUndefined();
    expect(createErrorCorrection('REED-SOLOMON-CRC32', 0)).toBeUndefined();
  });

  it('refuses unknown names', () => {
    expect(codeOf(() => createErrorCorrection('PARITY', 5))).toBe('ALGORITHM_UNKNOWN');
    expect(codeOf(() => createErrorCorrection('toString', 5))).toBe('ALGORITHM_UNKNOWN');
  });
});

function flip(bytes: Uint8Array, at: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
}
