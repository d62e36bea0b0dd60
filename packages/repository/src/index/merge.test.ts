import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import { overlappingIndexes } from '../testing/index-entries.ts';
import { encodeIndex } from './builder.ts';
import { arrayCursor, cursorEntries } from './cursor.ts';
import { decodeIndex } from './decode.ts';
import type { IndexEntry } from './entry.ts';
import { openIndexFile } from './index-file.ts';
import { writeMergedIndex } from './merge.ts';
import { mergeCursors } from './merge-cursor.ts';
import { PageCache } from './page-cache.ts';
import { supersedes } from './precedence.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'holdfast-merge-'));
afterAll(() => rmSync(directory, { recursive: true }));

const merged = (lists: readonly (readonly IndexEntry[])[]): IndexEntry[] => [
  ...cursorEntries(mergeCursors(lists.map(arrayCursor))),
];

/** The plain way: a map of winners. */
function mergedInMemory(lists: readonly (readonly IndexEntry[])[]): IndexEntry[] {
  const winners = new Map<string, IndexEntry>();
  for (const entry of lists.flat()) {
    const key = Buffer.from(entry.key).toString('hex');
    const known = winners.get(key);
    if (!known || supersedes(entry, known)) winners.set(key, entry);
  }
  return [...winners].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

describe('supersedes', () => {
  const entry = { timestampSeconds: 10, deleted: false, packBlobId: 'p1', packOffset: 5 };

  it.each([
    { wins: { ...entry, timestampSeconds: 11, deleted: true, packBlobId: 'p0' }, why: 'later' },
    { wins: { ...entry, packBlobId: 'p0' }, over: { ...entry, deleted: true }, why: 'not deleted' },
    { wins: { ...entry, packBlobId: 'q0', packOffset: 0 }, why: 'larger pack name' },
    { wins: { ...entry, packOffset: 6 }, why: 'larger offset' },
  ])('prefers the entry that is $why', ({ wins, over = entry }) => {
    expect(supersedes(wins, over)).toBe(true);
    expect(supersedes(over, wins)).toBe(false);
    expect(supersedes(wins, wins)).toBe(false);
  });
});

describe('mergeCursors', () => {
  it('agrees with a map of winners', () => {
    fc.assert(
      fc.property(overlappingIndexes(), (lists) => {
        expect(merged(lists)).toEqual(mergedInMemory(lists));
      }),
    );
  });

  it('gives the same result in any order and any grouping', () => {
    fc.assert(
      fc.property(overlappingIndexes(), fc.nat(), (lists, split) => {
        // Two entries of one content that differ only in what doesn't decide can't both be true.
        const consistent = lists.map((list) => list.map(withDerivedFields));
        const at = split % (lists.length + 1);
        const grouped = [merged(consistent.slice(at)), merged(consistent.slice(0, at))];
        expect(merged(grouped)).toEqual(merged(consistent));
        expect(merged(consistent.toReversed())).toEqual(merged(consistent));
      }),
    );
  });
});

describe('writeMergedIndex', () => {
  const cache = new PageCache(1);
  const target = path.join(directory, 'merged');

  it('stores what the cursors hold, tombstones too', () => {
    fc.assert(
      fc.property(overlappingIndexes(), (lists) => {
        const expected = mergedInMemory(lists);
        expect(writeMergedIndex(target, lists.map(arrayCursor))).toBe(expected.length);
        expect(entriesOf(target, cache)).toEqual(expected);
      }),
    );
  });

  it('merges files of both versions, also with their own result', () => {
    const [first, second] = fc.sample(overlappingIndexes(), { numRuns: 50, seed: 3 }).filter(hasTwo);
    const lists = [...(first ?? []), ...(second ?? [])].filter((list) => list.length > 0);
    const uncompressed = lists.map((list) => list.map(asVersion1));
    const sources = uncompressed.map((list, i) => {
      const file = path.join(directory, `source${i}`);
      writeMergedIndex(file, [arrayCursor(decodeIndex(encodeIndex(list, i % 2 === 0 ? 1 : 2)))]);
      return openIndexFile(file, cache);
    });
    writeMergedIndex(
      target,
      sources.map((file) => file.entries()),
    );
    const again = openIndexFile(target, cache);
    writeMergedIndex(target, [again.entries(), ...sources.map((file) => file.entries())]);
    for (const file of [again, ...sources]) file.close();
    expect(entriesOf(target, cache)).toEqual(mergedInMemory(uncompressed));
  });

  it('drops only tombstones that the watermark hides, after merging', () => {
    const [base] = fc.sample(overlappingIndexes(), { numRuns: 50, seed: 1 }).flat(2);
    if (!base) throw new Error('no sample');
    const at = (letter: number, timestampSeconds: number, deleted: boolean): IndexEntry => {
      return { ...base, key: Uint8Array.of(0, letter), timestampSeconds, deleted };
    };
    const lists = [
      [at(1, 10, true), at(2, 11, true), at(3, 10, false), at(4, 10, true)],
      [at(1, 9, false), at(4, 5, false)],
    ];
    writeMergedIndex(target, lists.map(arrayCursor), { deletionWatermarkSeconds: 10 });
    expect(entriesOf(target, cache)).toEqual([at(2, 11, true), at(3, 10, false)]);
  });

  it('leaves nothing behind when it fails, and what was there untouched', () => {
    const good = fc.sample(overlappingIndexes(), { numRuns: 50, seed: 1 }).find(hasTwo) ?? [];
    writeMergedIndex(target, good.map(arrayCursor));
    const [entry] = good.flat();
    const bad = entry && { ...entry, packedLength: 2 ** 30 };
    expect(() => writeMergedIndex(target, [arrayCursor(bad ? [bad] : [])])).toThrow('stored length');
    expect(entriesOf(target, cache)).toEqual(mergedInMemory(good));
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

function hasTwo(lists: readonly (readonly IndexEntry[])[]): boolean {
  return lists.filter((list) => list.length > 0).length >= 2;
}

function withDerivedFields(entry: IndexEntry): IndexEntry {
  const { packOffset, deleted } = entry;
  const length = 28 + (packOffset % 1000);
  return {
    ...entry,
    packedLength: length,
    originalLength: length,
    formatVersion: 3,
    compressionHeaderId: 0,
    deleted,
  };
}

function asVersion1(entry: IndexEntry): IndexEntry {
  return { ...entry, originalLength: entry.packedLength - 28, compressionHeaderId: 0 };
}

function entriesOf(file: string, cache: PageCache): IndexEntry[] {
  const opened = openIndexFile(file, cache);
  try {
    return [...cursorEntries(opened.entries())];
  } finally {
    opened.close();
  }
}
