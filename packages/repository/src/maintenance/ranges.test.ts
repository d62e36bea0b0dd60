import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { coalesce } from './ranges.ts';
import type { Relocation } from './relocations.ts';

function content(packBlobId: string, packOffset: number, packedLength: number): Relocation {
  const rest = {
    key: new Uint8Array(17),
    originalLength: 0,
    timestampSeconds: 0,
    compressionHeaderId: 0,
    deleted: false,
  };
  return { packBlobId, packOffset, packedLength, ...rest };
}

/** Contents of a few packs, in order, with gaps between them. */
const packs = fc.array(
  fc.array(fc.record({ gap: fc.nat(3000), length: fc.integer({ min: 1, max: 3_000_000 }) }), {
    maxLength: 20,
  }),
  { maxLength: 4 },
);

describe('coalesce', () => {
  it('covers every content, no byte twice, and wastes at most a quarter', () => {
    fc.assert(
      fc.property(packs, (shapes) => {
        const contents = shapes.flatMap((shape, pack) => {
          let at = 0;
          return shape.map(({ gap, length }) => {
            const offset = at + gap;
            at = offset + length;
            return content(`p${pack}`, offset, length);
          });
        });
        const ranges = [...coalesce(contents)];
        expect(ranges.flatMap((range) => range.contents)).toEqual(contents);
        for (const [i, range] of ranges.entries()) {
          const wanted = range.contents.reduce((sum, { packedLength }) => sum + packedLength, 0);
          expect(range.length).toBeLessThanOrEqual(wanted * 1.25);
          if (range.contents.length > 1) expect(range.length).toBeLessThanOrEqual(4 << 20);
          const next = ranges[i + 1];
          if (next?.packBlobId === range.packBlobId)
            expect(next.offset).toBeGreaterThanOrEqual(range.offset + range.length);
        }
      }),
    );
  });

  it('fetches neighbours together', () => {
    expect([...coalesce([content('p', 0, 1000), content('p', 1100, 1000)])]).toHaveLength(1);
    expect([...coalesce([content('p', 0, 1000), content('p', 9000, 1000)])]).toHaveLength(2);
    expect([...coalesce([content('p', 0, 1000), content('q', 1000, 1000)])]).toHaveLength(2);
  });
});
