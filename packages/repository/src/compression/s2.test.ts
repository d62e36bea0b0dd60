import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repositoryErrorCode } from '../errors.ts';
import { decodeBlock } from './s2-block-decode.ts';
import { S2BlockEncoder } from './s2-block-encode.ts';
import { decodeStream, encodeStream } from './s2-frame.ts';
import { writeCopy, writeLiteral, writeRepeat } from './s2-tags.ts';

/* One step of a block, and what it means. */
type Step =
  | { readonly kind: 'literal'; readonly bytes: Uint8Array }
  | { readonly kind: 'copy'; readonly offset: number; readonly length: number }
  | { readonly kind: 'repeat'; readonly length: number };

const copyLength = fc.oneof(fc.integer({ min: 4, max: 80 }), fc.integer({ min: 81, max: 70_000 }));

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes): Step => ({ kind: 'literal', bytes })),
  fc.tuple(fc.nat(), copyLength).map(([offset, length]): Step => ({ kind: 'copy', offset, length })),
  copyLength.map((length): Step => ({ kind: 'repeat', length })),
);

/* Byte by byte, from the meaning of the steps alone; copies reach back into what is there. */
function perform(steps: readonly Step[]): { plain: number[]; tags: Uint8Array } {
  const plain: number[] = [0x2a];
  const tags = new Uint8Array(400 * (steps.length + 1));
  let at = writeLiteral(Uint8Array.of(0x2a), 0, 1, tags, 0);
  let offset = 0;
  for (const step of steps) {
    if (step.kind === 'literal') {
      plain.push(...step.bytes);
      at = writeLiteral(step.bytes, 0, step.bytes.length, tags, at);
      continue;
    }
    const repeats = step.kind === 'repeat' && offset !== 0;
    if (!repeats) offset = 1 + ((step.kind === 'copy' ? step.offset : 0) % plain.length);
    at = repeats ? writeRepeat(tags, at, step.length) : writeCopy(tags, at, offset, step.length);
    for (let i = 0; i < step.length; i++) plain.push(plain[plain.length - offset] ?? 0);
  }
  return { plain, tags: tags.subarray(0, at) };
}

function decoded(tags: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  decodeBlock(tags, 0, tags.length, out, 0, length);
  return out;
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return repositoryErrorCode(error) ?? 'not a repository error';
  }
}

describe('S2 blocks', () => {
  it('decode as their tags are defined', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 12 }), (steps) => {
        const { plain, tags } = perform(steps);
        expect(Buffer.compare(decoded(tags, plain.length), Uint8Array.from(plain))).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('decode at the edges between one form of a tag and the next', () => {
    const before = new Uint8Array(70_000).map((_, i) => (i * 40_503) >>> 7);
    for (const offset of [1, 3, 4, 2047, 2048, 65_535, 65_536])
      for (const length of [
        4, 8, 9, 11, 12, 64, 65, 67, 68, 263, 264, 323, 324, 65_795, 65_796, 65_855, 65_856,
      ]) {
        const tags = new Uint8Array(70_020);
        const copyAt = writeLiteral(before, 0, before.length, tags, 0);
        const end = writeRepeat(tags, writeCopy(tags, copyAt, offset, length), length);
        const plain = decoded(tags.subarray(0, end), before.length + 2 * length);
        for (let at = before.length; at < plain.length; at++)
          if (plain[at] !== plain[at - offset])
            throw new Error(`offset ${offset}, length ${length}, byte ${at}`);
      }
  });

  it.each([
    ['a copy of 4 bytes of offset', '0c' + '61626364' + '0f' + '04000000', 'abcdabcd'],
    ['a repeat of 4', '0061' + '0d01' + '0100', 'a'.repeat(12)],
    ['a repeat with 1 byte of length', '0061' + '0101' + '1500' + '02', 'a'.repeat(15)],
    ['a repeat with 2 bytes of length', '0061' + '0101' + '1900' + '0300', 'a'.repeat(268)],
    ['a repeat with 3 bytes of length', '0061' + '0101' + '1d00' + '010000', 'a'.repeat(65546)],
    ['a literal with 1 byte of length', 'f003' + '61626364', 'abcd'],
  ])('with %s decode', (_name, hex, plain) => {
    expect(Buffer.from(decoded(Buffer.from(hex, 'hex'), plain.length)).toString()).toBe(plain);
  });

  it.each([
    ['a repeat before any copy', '0061' + '0100', 5],
    ['a copy from before the block', '0061' + '0102', 5],
    ['a copy of offset 0', '0061' + '0e0000', 5],
    ['a copy past the end', '0061' + '0101', 4],
    ['a literal past the end', '0461', 2],
    ['tags that stop early', '0061', 2],
    ['a tag that is cut off', '0061' + '0e01', 5],
    ['a length that is cut off', 'fc01', 5],
  ])('with %s are refused', (_name, hex, length) => {
    expect(codeOf(() => decoded(Buffer.from(hex, 'hex'), length))).toBe('COMPRESSION_CORRUPT');
  });
});

describe('S2 streams', () => {
  const plain = new TextEncoder().encode('holdfast, holdfast, holdfast, holdfast');
  const stream = (): Uint8Array => {
    const out = new Uint8Array(200);
    return out.subarray(0, encodeStream(new S2BlockEncoder(14), plain, out, 0));
  };
  const reserved = (type: number): Uint8Array => Uint8Array.of(type, 1, 0, 0, 0);

  it('skip chunks that may be skipped, and no others', () => {
    const followedBy = (type: number): Uint8Array => Buffer.concat([stream(), reserved(type)]);
    expect(Buffer.compare(decodeStream(followedBy(0x80), 100), plain)).toBe(0);
    expect(Buffer.compare(decodeStream(followedBy(0xfe), 100), plain)).toBe(0);
    expect(codeOf(() => decodeStream(followedBy(0x02), 100))).toBe('COMPRESSION_CORRUPT');
    expect(codeOf(() => decodeStream(followedBy(0x7f), 100))).toBe('COMPRESSION_CORRUPT');
  });

  it('may follow one another', () => {
    expect(decodeStream(Buffer.concat([stream(), stream()]), 100).length).toBe(2 * plain.length);
  });

  it('have to begin with an identifier', () => {
    expect(codeOf(() => decodeStream(stream().subarray(10), 100))).toBe('COMPRESSION_CORRUPT');
    expect(codeOf(() => decodeStream(new Uint8Array(0), 100))).toBe('COMPRESSION_CORRUPT');
  });

  it('detect every flipped bit after the identifier', () => {
    const whole = stream();
    for (let bit = 8 * 10; bit < 8 * whole.length; bit++) {
      const damaged = Uint8Array.from(whole);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      // A data chunk whose type became a skippable one vanishes: nothing in the format tells.
      const code = codeOf(() => expect(decodeStream(damaged, 100).length).toBe(0));
      expect([undefined, 'COMPRESSION_CORRUPT']).toContain(code);
    }
  });
});
