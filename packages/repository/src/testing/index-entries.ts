import fc from 'fast-check';

import type { IndexEntry } from '../index/entry.ts';
import { compareKeys } from '../index/key.ts';

/** Entries as an index holds them: sorted, unique, with keys of one length. For version 1 without compression. */
export function indexEntries(
  version: 1 | 2,
  constraints: fc.ArrayConstraints = {},
): fc.Arbitrary<IndexEntry[]> {
  return fc
    .integer({ min: 2, max: 33 })
    .chain((keyLength) => entryList(version, keyLength, { minLength: 1, maxLength: 60, ...constraints }));
}

/** Lists of entries of one repository that contradict each other about some contents. */
export function overlappingIndexes(): fc.Arbitrary<IndexEntry[][]> {
  return fc.array(entryList(2, 2, { minLength: 0, maxLength: 20 }), { minLength: 0, maxLength: 6 });
}

function entryList(
  version: 1 | 2,
  keyLength: number,
  constraints: fc.ArrayConstraints,
): fc.Arbitrary<IndexEntry[]> {
  return fc
    .uniqueArray(indexEntry(version, keyLength), {
      ...constraints,
      selector: (entry) => Buffer.from(entry.key).toString('hex'),
    })
    .map((entries) => entries.toSorted((a, b) => compareKeys(a.key, b.key)));
}

function indexEntry(version: 1 | 2, keyLength: number): fc.Arbitrary<IndexEntry> {
  const packs = ['p', 'q'].flatMap((kind) => ['1', '2', '3'].map((digit) => kind + digit.repeat(32) + '-s1'));
  const length = fc.oneof(fc.integer({ min: 28, max: 5000 }), fc.integer({ min: 28, max: 2 ** 28 - 1 }));
  return fc
    .record({
      key: fc.tuple(
        fc.constantFrom(0, 0x6b, 0x6d),
        fc.uint8Array({ minLength: keyLength - 1, maxLength: keyLength - 1 }),
      ),
      packBlobId: fc.constantFrom(...packs),
      packOffset: fc.integer({ min: 0, max: 2 ** 30 - 1 }),
      packedLength: length,
      originalLength: length,
      timestampSeconds: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
      deleted: fc.boolean(),
      formatVersion: fc.integer({ min: 1, max: 3 }),
      compressionHeaderId: version === 1 ? fc.constant(0) : fc.constantFrom(0, 0x1101, 0x1102),
    })
    .map(({ key: [letter, hash], ...fields }) => ({
      ...fields,
      key: Uint8Array.of(letter, ...hash),
      originalLength: version === 1 ? fields.packedLength - 28 : fields.originalLength,
      encryptionKeyId: 0,
    }));
}
