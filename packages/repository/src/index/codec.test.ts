import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import { GOLDEN_INDEX_PLAIN } from '../testing/golden-repository.ts';
import { indexEntries } from '../testing/index-entries.ts';
import { encodeIndex } from './builder.ts';
import { decodeIndex } from './decode.ts';
import type { IndexEntry } from './entry.ts';

const SESSION = '-s0123456789abcdef147';
const DATA: IndexEntry = {
  key: Buffer.from('00000102030405060708090a0b0c0d0e0f', 'hex'),
  packBlobId: `p${'1'.repeat(32)}${SESSION}`,
  packOffset: 32,
  packedLength: 71,
  originalLength: 43,
  timestampSeconds: 1_700_000_000,
  deleted: false,
  formatVersion: 3,
  compressionHeaderId: 0,
  encryptionKeyId: 0,
};
const DIRECTORY: IndexEntry = {
  key: Buffer.from('6b101112131415161718191a1b1c1d1e1f', 'hex'),
  packBlobId: `q${'2'.repeat(32)}${SESSION}`,
  packOffset: 500,
  packedLength: 241,
  originalLength: 293,
  timestampSeconds: 1_700_000_001,
  deleted: true,
  formatVersion: 3,
  compressionHeaderId: 0x1101,
  encryptionKeyId: 0,
};
const NAMES = DATA.packBlobId + DIRECTORY.packBlobId;

/** Bytes that kopia's own encoder makes of these entries. */
const golden = [
  {
    name: 'version 2',
    version: 2,
    entries: [DATA, DIRECTORY],
    hex:
      '021100110000000200000002020000000000000102030405060708090a0b0c0d0e0f6553f1000000002000002b000047000000' +
      '6b101112131415161718191a1b1c1d1e1f6553f101800001f40001250000f1000101' +
      '360000006b36000000a1000000000300000011010300',
    names: NAMES,
  },
  {
    name: 'version 1',
    version: 1,
    entries: [
      { ...DATA, formatVersion: 1 },
      { ...DIRECTORY, formatVersion: 1, packedLength: 321, compressionHeaderId: 0 },
    ],
    hex:
      '011100140000000200000102030405060708090a0b0c0d0e0f00006553f1000136000000520000002000000047' +
      '6b101112131415161718191a1b1c1d1e1f00006553f101013600000088800001f400000141',
    names: NAMES,
  },
  {
    name: 'version 2 with a large content',
    version: 2,
    entries: [
      { ...DATA, packOffset: 7, packedLength: 0x1234567, originalLength: 0x1fedcba, formatVersion: 1 },
    ],
    hex:
      '021100130000000100000001010000000000000102030405060708090a0b0c0d0e0f6553f10000000007fedcba2345670000000011' +
      '3600000040000000000100',
    names: DATA.packBlobId,
  },
];

function goldenBytes({ hex, names }: { hex: string; names: string }): Buffer {
  return Buffer.concat([Buffer.from(hex, 'hex'), Buffer.from(names)]);
}

describe.each(golden)('$name', (vector) => {
  it("encodes to kopia's bytes", () => {
    const encoded = encodeIndex(vector.entries, vector.version);
    expect(Buffer.from(encoded).toString('hex')).toBe(goldenBytes(vector).toString('hex'));
  });

  it("decodes kopia's bytes, whatever lies behind them", () => {
    expect(comparable(decodeIndex(goldenBytes(vector)))).toEqual(comparable(vector.entries));
    const suffixed = Buffer.concat([goldenBytes(vector), Buffer.alloc(32, 7)]);
    expect(comparable(decodeIndex(suffixed))).toEqual(comparable(vector.entries));
  });
});

describe('index codec', () => {
  it('reproduces an index that kopia wrote', () => {
    const encoded = encodeIndex(decodeIndex(GOLDEN_INDEX_PLAIN), 2);
    expect(Buffer.from(encoded).toString('hex')).toBe(Buffer.from(GOLDEN_INDEX_PLAIN).toString('hex'));
  });

  it.each([1, 2] as const)('decodes what it encoded in version %i', (version) => {
    fc.assert(
      fc.property(indexEntries(version), (entries) => {
        expect(comparable(decodeIndex(encodeIndex(entries, version)))).toEqual(comparable(entries));
      }),
    );
  });

  it.each([1, 2] as const)('refuses a truncated index of version %i', (version) => {
    fc.assert(
      fc.property(indexEntries(version), fc.nat(), (entries, cut) => {
        const encoded = encodeIndex(entries, version);
        expect(codeOf(() => decodeIndex(encoded.subarray(0, cut % encoded.length)))).toBe('INDEX_CORRUPT');
      }),
    );
  });

  it.each([1, 2] as const)('survives any flipped bit in version %i', (version) => {
    fc.assert(
      fc.property(indexEntries(version), fc.nat(), (entries, position) => {
        const flipped = encodeIndex(entries, version);
        const byte = position % flipped.length;
        flipped[byte] = (flipped[byte] ?? 0) ^ (1 << (position % 8));
        expect(['INDEX_CORRUPT', 'no error']).toContain(codeOf(() => decodeIndex(flipped)));
      }),
    );
  });

  it('widens entries only as far as needed', () => {
    const packs = Array.from({ length: 2 ** 16 + 1 }, (_, i): IndexEntry => {
      const key = Buffer.alloc(17);
      key.writeUInt32BE(i, 1);
      return { ...DATA, key, packBlobId: `p${i}` };
    });
    const sizeOf = (entries: readonly IndexEntry[]): number =>
      Buffer.from(encodeIndex(entries, 2)).readUInt16BE(2);
    expect(sizeOf([DATA])).toBe(16);
    expect(sizeOf([DATA, DIRECTORY])).toBe(17);
    expect(sizeOf(packs.slice(1))).toBe(16);
    expect(sizeOf(packs)).toBe(18);
    expect(sizeOf([{ ...DATA, originalLength: 2 ** 24 }])).toBe(19);
    expect(decodeIndex(encodeIndex(packs, 2)).at(-1)?.packBlobId).toBe('p65536');
  });

  it('reads an index of version 1 without entries, as kopia writes it after a compaction that drops all', () => {
    expect(decodeIndex(Buffer.from('01ff001400000000', 'hex'))).toEqual([]);
  });

  it.each([
    {
      problem: 'a compressed content in version 1',
      entry: DIRECTORY,
      version: 1,
      code: 'FORMAT_UNSUPPORTED',
    },
    { problem: 'an unknown version', entry: DATA, version: 3, code: 'FORMAT_UNSUPPORTED' },
    {
      problem: 'a length of 28 bits',
      entry: { ...DATA, packedLength: 2 ** 28 },
      version: 2,
      code: 'INDEX_CORRUPT',
    },
    {
      problem: 'an offset of 30 bits',
      entry: { ...DATA, packOffset: 2 ** 30 },
      version: 2,
      code: 'INDEX_CORRUPT',
    },
    { problem: 'no pack', entry: { ...DATA, packBlobId: '' }, version: 2, code: 'INDEX_CORRUPT' },
    {
      problem: 'a negative time',
      entry: { ...DATA, timestampSeconds: -1 },
      version: 2,
      code: 'INDEX_CORRUPT',
    },
  ])('refuses to write $problem', ({ entry, version, code }) => {
    expect(codeOf(() => encodeIndex([entry], version))).toBe(code);
  });

  it('treats unsorted, repeated and missing entries as a defect of the caller', () => {
    for (const entries of [[DIRECTORY, DATA], [DATA, DATA], []])
      expect(() => encodeIndex(entries, 2)).toThrow('index');
  });

  it('says where a header is wrong', () => {
    expect(codeOf(() => decodeIndex(new Uint8Array(0)))).toBe('INDEX_CORRUPT');
    expect(() => decodeIndex(Buffer.from('03110011', 'hex'))).toThrow(RepositoryError);
    expect(() => decodeIndex(goldenBytes({ hex: '0111001400000002', names: '' }))).toThrow('end at 82');
  });
});

function comparable(entries: readonly IndexEntry[]): unknown[] {
  return entries.map(({ key, ...fields }) => ({ key: Buffer.from(key).toString('hex'), ...fields }));
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return 'no error';
  } catch (error) {
    return repositoryErrorCode(error) ?? String(error);
  }
}
