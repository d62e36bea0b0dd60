import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { coalesce, comparePlaces, type PackPlace, type RangeRule } from './ranges.ts';

const places = fc.array(
  fc.record({
    packBlobId: fc.constantFrom('p1', 'p2', 'q3'),
    packOffset: fc.nat(5000),
    packedLength: fc.integer({ min: 1, max: 400 }),
  }),
);
const rules = fc.record({
  maxBytes: fc.integer({ min: 1, max: 2000 }),
  maxWaste: fc.double({ min: 0, max: 1, noNaN: true }),
  slackBytes: fc.nat(200),
});

function plan(contents: readonly PackPlace[], rule: RangeRule) {
  return [...coalesce(contents.toSorted(comparePlaces), rule)];
}

/** The bytes of a pack that some content has. */
function wantedBytes(contents: readonly PackPlace[]): Set<number> {
  const bytes = new Set<number>();
  for (const { packOffset, packedLength } of contents)
    for (let i = 0; i < packedLength; i++) bytes.add(packOffset + i);
  return bytes;
}

it('puts every content into exactly one range, which holds it', () => {
  fc.assert(
    fc.property(places, rules, (contents, rule) => {
      const ranges = plan(contents, rule);
      expect(ranges.flatMap((range) => range.contents)).toEqual(contents.toSorted(comparePlaces));
      for (const { packBlobId, offset, length, contents: held } of ranges)
        for (const content of held) {
          expect(content.packBlobId).toBe(packBlobId);
          expect(content.packOffset).toBeGreaterThanOrEqual(offset);
          expect(content.packOffset + content.packedLength).toBeLessThanOrEqual(offset + length);
        }
    }),
  );
});

it('keeps to the largest request, and to the waste that is allowed', () => {
  fc.assert(
    fc.property(places, rules, (contents, rule) => {
      for (const { length, contents: held } of plan(contents, rule)) {
        const longest = Math.max(...held.map(({ packedLength }) => packedLength));
        expect(length).toBeLessThanOrEqual(Math.max(rule.maxBytes, longest));
        const wanted = wantedBytes(held).size;
        expect(length - wanted).toBeLessThanOrEqual(wanted * rule.maxWaste + rule.slackBytes + 1e-6);
      }
    }),
  );
});

it('asks once for what lies together', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 30 }), (lengths) => {
      let packOffset = 17;
      const contents = lengths.map((packedLength) => {
        packOffset += packedLength;
        return { packBlobId: 'p1', packOffset: packOffset - packedLength, packedLength };
      });
      const ranges = plan(contents, { maxBytes: 10_000, maxWaste: 0, slackBytes: 0 });
      expect(ranges).toEqual([{ packBlobId: 'p1', offset: 17, length: packOffset - 17, contents }]);
    }),
  );
});

it('skips a gap that is dearer than a request', () => {
  const at = (packOffset: number): PackPlace => ({ packBlobId: 'p1', packOffset, packedLength: 100 });
  const rule = { maxBytes: 10_000, maxWaste: 0.1, slackBytes: 50 };
  expect(plan([at(0), at(170)], rule)).toHaveLength(1);
  expect(plan([at(0), at(171)], rule)).toHaveLength(2);
});
