import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';

import { encodeIndex } from '../../../packages/repository/src/index/builder.ts';
import { cursorEntries } from '../../../packages/repository/src/index/cursor.ts';
import { decodeIndex } from '../../../packages/repository/src/index/decode.ts';
import type { IndexEntry } from '../../../packages/repository/src/index/entry.ts';
import { openIndexFile } from '../../../packages/repository/src/index/index-file.ts';
import { PageCache } from '../../../packages/repository/src/index/page-cache.ts';
import { GOLDEN_INDEX_PLAIN } from '../../../packages/repository/src/testing/golden-repository.ts';
import { indexEntries } from '../../../packages/repository/src/testing/index-entries.ts';
import type { FuzzTarget, Verdict } from './target.ts';

/** Both versions in memory and in a file. */
export function indexTargets(): readonly FuzzTarget[] {
  const versions = ([1, 2] as const).map((version) => ({ version, seeds: seedsOf(version) }));
  return versions.flatMap(({ version, seeds }) => [
    { name: `index v${version}`, seeds, check: checkInMemory },
    inFile(`index v${version} in a file`, seeds),
  ]);
}

function seedsOf(version: 1 | 2): readonly Uint8Array[] {
  const lists = fc.sample(indexEntries(version), { seed: version, numRuns: 12 });
  const encoded = lists.map((entries) => encodeIndex(entries, version));
  return version === 2 ? [GOLDEN_INDEX_PLAIN, ...encoded] : encoded;
}

function checkInMemory(input: Uint8Array): Verdict {
  for (const entry of decodeIndex(input)) {
    const problem = outOfRange(entry);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function outOfRange({ packOffset, packedLength, originalLength, timestampSeconds }: IndexEntry): Verdict {
  const numbers = [packOffset, packedLength, originalLength, timestampSeconds];
  return numbers.every((value) => Number.isSafeInteger(value) && value >= 0)
    ? undefined
    : `an entry with ${numbers.join(', ')}`;
}

/** What a walk finds is what there is in memory; and each that a walk finds, a search finds. */
function inFile(name: string, seeds: readonly Uint8Array[]): FuzzTarget {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'));
  const path = join(directory, 'index');
  const pages = new PageCache(1 << 18);
  return {
    name,
    seeds,
    close: () => rmSync(directory, { recursive: true, force: true }),
    check: (input) => {
      writeFileSync(path, input);
      const file = openIndexFile(path, pages);
      try {
        const entries = [...cursorEntries(file.entries())];
        const differs = entries.some((entry, at) => !isSame(entry, decodeIndex(input)[at]));
        if (differs) return 'the file holds other entries than memory';
        const lost = entries.find(({ key }) => file.find(key) === undefined);
        return lost === undefined ? undefined : `no search finds ${Buffer.from(lost.key).toString('hex')}`;
      } finally {
        file.close();
      }
    },
  };
}

function isSame(a: IndexEntry, b: IndexEntry | undefined): boolean {
  const fields = ({ key, ...rest }: IndexEntry): string =>
    JSON.stringify({ key: Buffer.from(key).toString('hex'), ...rest });
  return b !== undefined && fields(a) === fields(b);
}
