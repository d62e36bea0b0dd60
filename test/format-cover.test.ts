import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { checkFormat } from './soak/format-round.ts';
import { kopiaValues } from './soak/format-kopia.ts';
import { FORMAT_FACTORS, formatRows } from './soak/format-rows.ts';
import { type Choice, type Factors, pairsInRow, pairsOf, pairwiseCover } from './soak/pairwise.ts';
import { findTool, openTool, titleFor } from './support/tools.ts';

describe('a cover of pairs', () => {
  const values = fc
    .integer({ min: 1, max: 6 })
    .map((count) => Array.from({ length: count }, (_, at) => `${at}`));
  const factors: fc.Arbitrary<Factors<string>> = fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    values,
    {
      minKeys: 2,
    },
  );

  test('holds every pair that can be had, and no other', () => {
    fc.assert(
      fc.property(factors, fc.func(fc.boolean()), (given, arbitrary) => {
        const compatible = (a: Choice<string>, b: Choice<string>): boolean => {
          const sides = [a, b].map(({ factor, value }) => factor + value).toSorted();
          return a.value === '0' || b.value === '0' || arbitrary(...sides);
        };
        const rows = pairwiseCover(given, compatible);
        const found = new Set(rows.flatMap(pairsInRow));
        expect(found).toEqual(new Set(pairsOf(given, compatible).keys()));
      }),
    );
  });

  test('is not much longer than the longest two lists ask for', () => {
    const [most = 0, second = 0] = Object.values(FORMAT_FACTORS)
      .map(({ length }) => length)
      .toSorted((a, b) => b - a);
    expect(formatRows().length).toBeLessThan(most * second * 1.1);
  });
});

const present = findTool('kopia') !== undefined;
describe.skipIf(!present)(titleFor('kopia', 'formats shared with kopia'), () => {
  test.each(['hash', 'encryption', 'splitter', 'keyDerivation'] as const)('know every %s', (factor) => {
    using kopia = openTool('kopia');
    expect(new Set(FORMAT_FACTORS[factor])).toEqual(new Set(kopiaValues(kopia, factor)));
  });

  test('know every compression, of which kopia no longer writes one', () => {
    using kopia = openTool('kopia');
    const known = new Set([...FORMAT_FACTORS.compression, 'inherit', 'lz4']);
    expect(new Set(kopiaValues(kopia, 'compression'))).toEqual(known);
  });

  test('know the one error correction', () => {
    using kopia = openTool('kopia');
    expect(kopiaValues(kopia, 'ecc')).toEqual(['REED-SOLOMON-CRC32']);
  });

  /* One of each version, with short chunks: the program beside `checkFormat` takes all. */
  const short = formatRows().filter(
    ({ splitter, compression }) => /-128K/.test(splitter) && compression !== 'none',
  );
  const some = ['1', '2', '3'].flatMap((wanted, at) =>
    short.filter(({ version }) => version === wanted).slice(at, at + 1),
  );
  test.each(some)(
    'format $version with $hash, $encryption, $splitter, $compression and $ecc %',
    async (row) => {
      expect(await checkFormat(row)).toEqual([]);
    },
  );
});
