import { expect, test } from 'vitest';

import { arrayCursor } from '../index/cursor.ts';
import type { IndexEntry } from '../index/entry.ts';
import { missingEntries, type MissingEntryFacts } from './missing-entries.ts';

const facts: MissingEntryFacts = {
  deletionWatermarkSeconds: 10,
  hasPack: (pack) => pack !== 'p-gone',
};

function entry(key: number, changes: Partial<IndexEntry> = {}): IndexEntry {
  return {
    key: Uint8Array.of(0, key, key),
    packBlobId: 'p-here',
    packOffset: 32,
    packedLength: 60,
    originalLength: 32,
    timestampSeconds: 100,
    deleted: false,
    formatVersion: 3,
    compressionHeaderId: 0,
    encryptionKeyId: 0,
    ...changes,
  };
}

function missing(recovered: readonly IndexEntry[], known: readonly IndexEntry[]): readonly number[][] {
  const found = missingEntries(arrayCursor(recovered), arrayCursor(known), facts);
  return found.map(({ key, fields }) => [key[1] ?? 0, fields.timestampSeconds]).toArray();
}

test('finds contents that the index does not know, wherever they lie between those it knows', () => {
  expect(missing([entry(1), entry(3), entry(5)], [entry(2), entry(3), entry(4)])).toEqual([
    [1, 100],
    [5, 100],
  ]);
  expect(missing([entry(1)], [])).toEqual([[1, 100]]);
  expect(missing([], [entry(1)])).toEqual([]);
});

test('takes a later entry and leaves an earlier one', () => {
  expect(missing([entry(1, { timestampSeconds: 101 })], [entry(1)])).toEqual([[1, 101]]);
  expect(missing([entry(1, { timestampSeconds: 99 })], [entry(1)])).toEqual([]);
  expect(missing([entry(1)], [entry(1, { timestampSeconds: 101, deleted: true })])).toEqual([]);
});

test('an earlier copy wins over a pack that is gone, unless the content was deleted', () => {
  const gone = entry(1, { packBlobId: 'p-gone', timestampSeconds: 200 });
  expect(missing([entry(1)], [gone])).toEqual([[1, 201]]);
  expect(missing([entry(1)], [{ ...gone, deleted: true }])).toEqual([]);
});

test('takes nothing that refers to a pack that is gone, or that the watermark hides', () => {
  expect(missing([entry(1, { packBlobId: 'p-gone' })], [])).toEqual([]);
  expect(missing([entry(1, { deleted: true, timestampSeconds: 10 })], [])).toEqual([]);
  expect(missing([entry(1, { deleted: true, timestampSeconds: 11 })], [])).toEqual([[1, 11]]);
});
