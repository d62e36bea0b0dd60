import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernels } from '../../scripts/build-wasm.ts';
import { BUZHASH_TABLE } from './buzhash-table.ts';
import { createBuzhash } from './buzhash.ts';
import { KERNELS_BASE64 } from './kernel.wasm.ts';
import { createScan, SPLITTER_SCRATCH_BYTES, type SplitterMemory } from './kernel.ts';
import { createRabinKarp } from './rabinkarp.ts';
import { createSplitter, DEFAULT_SPLITTER, SPLITTERS } from './registry.ts';
import type { Splitter } from './splitter.ts';

const MIB = 1 << 20;
const PAGE = 65536;
const FIRST = 65; // smallest window end that kernels can look at

function cutAll(splitter: Splitter, bytes: Uint8Array): number[] {
  const lengths: number[] = [];
  for (let from = 0; from < bytes.length;) {
    const found = splitter.nextCut(bytes, from);
    const length = found < 0 ? bytes.length - from : found;
    lengths.push(length);
    from += length;
  }
  return lengths;
}

describe('golden cut points', () => {
  const stream = testStream(24 * MIB);
  const golden: readonly (readonly [string, number, string])[] = [
    ['DYNAMIC-4M-BUZHASH', 24, '3412511 4073203 4649238 4059491 8388608 582773'],
    [
      'DYNAMIC-1M-BUZHASH',
      24,
      `1191692 1175090 1011831 2097152 1668505 2097152 640951 1254756 997823 1515450 731747 1014128 798166 1274850
       679130 2097152 1202014 1665836 1721336 331063`,
    ],
    [
      'DYNAMIC-256K-BUZHASH',
      4,
      '344238 401096 446358 524288 524288 304788 524288 309269 524288 169170 122233',
    ],
    [
      'DYNAMIC-128K-BUZHASH',
      4,
      `79938 245696 262144 157556 143984 90940 211434 104898 137381 77730 208315 261624 262144 85145 216127 156878
       262144 229415 185120 82495 180074 262144 168745 122233`,
    ],
    ['DYNAMIC-4M-RABINKARP', 24, '6110332 2917009 6853680 3432981 4770430 1081392'],
    [
      'DYNAMIC-1M-RABINKARP',
      24,
      `2097152 1360280 1137472 1515428 2097152 819857 1436047 2097152 975008 976683 1368790 941312 1250245 1241424
       2097152 2097152 576126 1081392`,
    ],
    [
      'DYNAMIC-128K-RABINKARP',
      4,
      `262144 134516 90174 262144 248738 262144 86496 77167 151397 262144 82797 206363 190823 133535 83808 262144
       262144 203864 194890 241202 103348 127062 231715 33545`,
    ],
  ];

  it.each(golden)('%s on %i MiB', (name, mib, lengths) => {
    const expected = lengths.split(/\s+/).map(Number);
    const bytes = stream.subarray(0, mib * MIB);
    const target = newMemory(bytes.length);
    expect(cutAll(createSplitter(name), bytes)).toEqual(expected);
    expect(cutAll(createSplitter(name, target), placeInMemory(target, bytes))).toEqual(expected);
  });

  it.each(['DYNAMIC-128K-BUZHASH', 'DYNAMIC-128K-RABINKARP'])('%s cuts zeros at its minimum', (name) => {
    expect(cutAll(createSplitter(name), new Uint8Array(MIB))).toEqual(Array<number>(16).fill(65536));
  });

  it.each(['DYNAMIC-128K-BUZHASH', 'DYNAMIC-128K-RABINKARP'])('%s sees a cut at the very end', (name) => {
    const splitter = createSplitter(name);
    expect(splitter.nextCut(new Uint8Array(65535), 0)).toBe(-1);
    expect(splitter.nextCut(new Uint8Array(65536), 0)).toBe(65536);
  });

  it('DYNAMIC-8M-BUZHASH on repeated text', () => {
    const text = Buffer.alloc(40_000_000, 'hello kopia compatible world\n');
    expect(cutAll(createSplitter('DYNAMIC-8M-BUZHASH'), text)).toEqual([16777216, 16777216, 6445568]);
  });
});

describe('any place and any bytes', () => {
  const target = newMemory(4 * PAGE);
  const noise = testStream(2 * PAGE);
  const place = fc.constantFrom('array', 'shared', 'memory', 'end of memory');
  const average = fc.constantFrom(256, 512, 2048);

  it.each([
    ['buzhash', createBuzhash, buzhashOf],
    ['rabinkarp', createRabinKarp, rabinKarpOf],
  ] as const)('%s cuts as its plain twin', (_, create, hashOf) => {
    fc.assert(
      fc.property(messyBytes(6000), fc.nat(64), place, average, (data, before, where, size) => {
        const placed = putAt(where, target, data, before);
        const splitter = create(size, target);
        for (const from of [0, Math.min(data.length, before)]) {
          expect(splitter.nextCut(placed, from)).toBe(plainCut(hashOf, size, data, from));
        }
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ['buzhash', createBuzhash],
    ['rabinkarp', createRabinKarp],
  ] as const)('%s finds a window on either side of every internal block border', (name, create) => {
    create(256, target); // fills the tables
    const scan = createScan(name, target, -1); // so many bits that only zeros hash to zero
    for (const border of [1, 8, 1024, 4096, 16384, 32768, 49152, 65536, 98304]) {
      for (const found of [border - 1, border, border + 1]) {
        const data = Uint8Array.from(noise).fill(0, FIRST + found - 64, FIRST + found);
        for (const bytes of [data, placeInMemory(target, data)]) {
          expect(scan(bytes, FIRST, data.length - FIRST)).toBe(found);
          expect(scan(bytes, FIRST, found + 1)).toBe(found);
          expect(scan(bytes, FIRST, found)).toBe(-1);
        }
      }
    }
  });
});

describe('createSplitter', () => {
  it('knows every name and keeps the promised bounds', () => {
    expect(Object.keys(SPLITTERS)).toHaveLength(23);
    for (const name of Object.keys(SPLITTERS)) {
      const { minChunk, maxChunk } = createSplitter(name);
      expect(name.includes('DYNAMIC-') || minChunk <= maxChunk).toBe(true);
    }
    expect(createSplitter(DEFAULT_SPLITTER)).toMatchObject({ minChunk: 2 * MIB, maxChunk: 8 * MIB });
    expect(createSplitter('DYNAMIC')).toMatchObject({ minChunk: 2 * MIB, maxChunk: 8 * MIB });
  });

  it('cuts FIXED after exactly its size', () => {
    expect(cutAll(createSplitter('FIXED'), new Uint8Array(9 * MIB))).toEqual([4 * MIB, 4 * MIB, MIB]);
    expect(cutAll(createSplitter('FIXED-128K'), new Uint8Array(262144))).toEqual([131072, 131072]);
  });

  it.each(['DYNAMIC-3M-BUZHASH', '', 'constructor'])('refuses %j', (name) => {
    expect(() => createSplitter(name)).toThrow(expect.objectContaining({ code: 'ALGORITHM_UNKNOWN' }));
  });

  it('goes on after its memory has grown', () => {
    const target = newMemory(PAGE);
    const splitter = createSplitter('DYNAMIC-128K-BUZHASH', target);
    target.memory.grow(4);
    expect(splitter.nextCut(testStream(MIB), 0)).toBe(79938);
  });
});

it('has the kernels that kernel.wat compiles to', async (context) => {
  const wasm = await compileKernels();
  if (wasm === undefined) return context.skip('the package wabt is not installed');
  expect(Buffer.from(wasm).toString('base64')).toBe(KERNELS_BASE64);
});

/** The specification, word for word: the whole window hashed anew for each length. */
function plainCut(hashOf: WindowHash, average: number, bytes: Uint8Array, from: number): number {
  for (let length = average / 2; length <= bytes.length - from; length++) {
    if (length === average * 2) return length;
    const window = bytes.subarray(from + length - 64, from + length);
    if (hashOf(window) % average === 0) return length;
  }
  return -1;
}

type WindowHash = (window: Uint8Array) => number;

function buzhashOf(window: Uint8Array): number {
  let hash = 0;
  for (const byte of window) hash = ((hash << 1) | (hash >>> 31)) ^ (BUZHASH_TABLE[byte] ?? 0);
  return hash >>> 0;
}

/** Long division, bit by bit; returns the low half of the rest. */
function rabinKarpOf(window: Uint8Array): number {
  let high = 0; // 21 bits
  let low = 0;
  for (let bit = 0; bit < window.length * 8; bit++) {
    const next = ((window[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
    const overflows = high >>> 20 === 1;
    high = ((high << 1) & 0x1fffff) | (low >>> 31);
    low = (low << 1) | next;
    if (overflows) {
      high ^= 0x0e3e3e;
      low ^= 0x4a305605;
    }
  }
  return low >>> 0;
}

/** Runs of one byte, which hash to zero, between random bytes. */
function messyBytes(maxLength: number): fc.Arbitrary<Uint8Array> {
  const run = fc
    .tuple(fc.nat(255), fc.integer({ min: 1, max: 200 }))
    .map(([byte, n]) => Buffer.alloc(n, byte));
  const noise = fc.uint8Array({ maxLength: 1500, size: 'max' });
  const parts = fc.array(fc.oneof(run, noise), { maxLength: 12, size: 'max' });
  return parts.map((list) => Uint8Array.from(Buffer.concat(list).subarray(0, maxLength)));
}

function putAt(where: string, target: SplitterMemory, data: Uint8Array, before: number): Uint8Array {
  if (where === 'memory') return placeInMemory(target, data, before);
  const end = target.memory.buffer.byteLength - SPLITTER_SCRATCH_BYTES;
  if (where === 'end of memory') return placeInMemory(target, data, end - data.length);
  const Store = where === 'shared' ? SharedArrayBuffer : ArrayBuffer;
  const bytes = new Uint8Array(new Store(before + data.length), before);
  bytes.set(data);
  return bytes;
}

function newMemory(bytes: number): SplitterMemory {
  return { memory: new WebAssembly.Memory({ initial: 1 + Math.ceil(bytes / PAGE) }), scratch: 0 };
}

function placeInMemory({ memory }: SplitterMemory, data: Uint8Array, after = 0): Uint8Array {
  const bytes = new Uint8Array(memory.buffer, SPLITTER_SCRATCH_BYTES + after, data.length);
  bytes.set(data);
  return bytes;
}

/** SHA-256 of `kopia-spec` and a block number, block after block. */
function testStream(length: number): Uint8Array {
  const stream = Buffer.alloc(length);
  const block = Buffer.from('kopia-spec\0\0\0\0\0\0\0\0');
  for (let at = 0; at < length; at += 32) {
    block.writeUInt32BE(at / 32, 14);
    createHash('sha256').update(block).digest().copy(stream, at);
  }
  return stream;
}
