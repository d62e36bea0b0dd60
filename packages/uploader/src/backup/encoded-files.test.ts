import fc from 'fast-check';
import { expect, it } from 'vitest';

import type { FileStat } from '../filesystem/stat.ts';
import { encodeDirectory } from '../snapshot/directory.ts';
import { decodeDirectory } from '../snapshot/directory-parser.ts';
import { compareEntries, type DirectoryEntry } from '../snapshot/entry.ts';
import { EntryListBuilder } from '../snapshot/entry-list-builder.ts';
import { type ByteName, byteNameFromText, compareByteNames } from '../snapshot/names.ts';
import { summarize, totalsOf } from '../snapshot/totals.ts';
import { EncodedFiles } from './encoded-files.ts';
import { DecodedFiles } from './previous-files.ts';

const names = ['a', 'ab', 'b<', 'b"c', 'caf\u00e9', 'd\ud83d\ude00', 'e\\', 'z'].map(byteNameFromText);
const attributes = {
  mode: fc.constantFrom(0, 0o644, 0o4755),
  size: fc.nat({ max: 3 }),
  mtimeNs: fc.constantFrom(0n, -1n, 1_795_468_246_171_916_547n, 1_795_468_246_000_000_000n),
  uid: fc.nat({ max: 1 }),
  gid: fc.nat({ max: 1 }),
};
const entry: fc.Arbitrary<DirectoryEntry> = fc
  .record({
    name: fc.constantFrom(...names),
    type: fc.constantFrom('f', 'f', 'f', 's', 'd'),
    ...attributes,
    objectId: fc.constantFrom('ab', 'Icd', 'kef'),
    isLinked: fc.boolean(),
  })
  .map(({ isLinked, ...plain }) => (isLinked ? { ...plain, extra: { hardLink: '1-2' } } : plain));
const entries = fc.uniqueArray(entry, { selector: ({ name }) => name, maxLength: names.length });

function statOf({ mode, size, mtimeNs, uid, gid }: DirectoryEntry): FileStat {
  const nanos = ((mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const mtimeSeconds = Number((mtimeNs - nanos) / 1_000_000_000n);
  const PARTS = { ctimeSeconds: 0, ctimeNanos: 0, inoHigh: 0, inoLow: 1 };
  const rest = {
    kind: 'file',
    ctimeNs: 0n,
    dev: 1,
    ino: 1n,
    nlink: 1,
    blocks: 8,
    rdev: 0,
    ...PARTS,
  } as const;
  return { mode, size, mtimeNs, uid, gid, mtimeSeconds, mtimeNanos: Number(nanos), ...rest };
}

function directoryOf(list: readonly DirectoryEntry[]): Uint8Array {
  return encodeDirectory(list.toSorted(compareEntries), summarize(totalsOf(list), { mtimeNs: 0n }));
}

it('finds what decoded entries would, in the order of names', () => {
  fc.assert(
    fc.property(entries, entries, (before, now) => {
      const encoded = EncodedFiles.of(directoryOf(before));
      const decoded = new DecodedFiles(before.filter(({ type }) => type !== 'd'));
      for (const file of now.toSorted((a, b) => compareByteNames(a.name, b.name))) {
        const stat = statOf(file);
        const match = encoded?.find(file.name, stat) ?? 'none';
        expect([file.name, match]).toEqual([file.name, decoded.find(file.name, stat)]);
        if (match !== 'none') expect(encoded?.objectId()).toBe(decoded.objectId());
      }
    }),
    { numRuns: 2000 },
  );
});

it('gives the subdirectories', () => {
  fc.assert(
    fc.property(entries, (before) => {
      const directories = before.filter(({ type }) => type === 'd').toSorted(compareEntries);
      expect(EncodedFiles.of(directoryOf(before))?.directories ?? []).toEqual(directories);
    }),
  );
});

it('copies what has not changed, byte for byte', () => {
  const plain = { mode: 0o644, size: 1, mtimeNs: 7n, uid: 0, gid: 0, type: 'f', objectId: 'ab' } as const;
  const linked = { ...plain, name: byteNameFromText('b'), extra: { hardLink: '1-2' } };
  const before = [
    { ...plain, name: byteNameFromText('a') },
    linked,
    { ...plain, name: byteNameFromText('c') },
  ];
  const encoded = EncodedFiles.of(directoryOf(before));
  const list = new EntryListBuilder();
  const copied = before.map((file) => {
    expect(encoded?.find(file.name, statOf(file))).toBe('unchanged');
    return encoded?.copyTo(list);
  });
  expect(copied).toEqual([true, false, true]);
  const json = Buffer.from(list.take()).toString();
  const object = `{"stream":"kopia:directory","entries":[${json}],"summary":{"maxTime":"1970-01-01T00:00:00Z"}}`;
  expect(decodeDirectory(Buffer.from(object)).entries).toEqual([before[0], before[2]]);
});

it('takes an object that ends in the middle as one that ends there', () => {
  const before = names.map((name: ByteName) => ({
    name,
    type: 'f' as const,
    mode: 0o644,
    size: 1,
    mtimeNs: 7n,
    uid: 0,
    gid: 0,
    objectId: 'ab',
  }));
  const whole = directoryOf(before);
  for (let length = 0; length < whole.length; length++) {
    const encoded = EncodedFiles.of(whole.subarray(0, length));
    const matches = before
      .toSorted(compareEntries)
      .map((file) => encoded?.find(file.name, statOf(file)) ?? 'none');
    expect(matches).toEqual(matches.toSorted().toReversed());
  }
});
