import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { type ContentRecord, ContentRecords } from './content-records.ts';

const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const record = (keyLength: number): fc.Arbitrary<ContentRecord> =>
  fc.record({
    key: fc.uint8Array({ minLength: keyLength, maxLength: keyLength }),
    offset: fc.integer({ min: 0, max: 2 ** 28 }),
    packedLength: uint32,
    originalLength: uint32,
    compressionHeaderId: uint32,
    afterTimestampSeconds: uint32,
    deleted: fc.boolean(),
  });
/** Few different keys, so that some repeat. */
const records = fc
  .integer({ min: 2, max: 33 })
  .chain((keyLength) =>
    fc
      .uniqueArray(record(keyLength), { minLength: 1, maxLength: 20 })
      .chain((some) => fc.array(fc.constantFrom(...some), { maxLength: 200 })),
  );

function listOf(items: readonly ContentRecord[]): ContentRecords {
  const list = new ContentRecords();
  for (const item of items) list.push(item);
  return list;
}

function all(list: ContentRecords): ContentRecord[] {
  return Array.from({ length: list.count }, (_, i) => {
    const { pack, ...fields } = list.get(i);
    expect(pack).toBeGreaterThanOrEqual(0);
    return { ...fields, key: fields.key.slice() };
  });
}

describe('content records', () => {
  test('keep everything in order, also as bytes', () => {
    fc.assert(
      fc.property(records, (items) => {
        const list = listOf(items);
        expect(all(list)).toEqual(items);
        expect(all(ContentRecords.fromBytes(list.toBytes()))).toEqual(items);
      }),
    );
  });

  test('can be given back and used again', () => {
    fc.assert(
      fc.property(records, records, (first, second) => {
        const list = listOf(first);
        list.clear();
        expect(list.count).toBe(0);
        for (const item of second) list.push(item);
        expect(all(list)).toEqual(second);
      }),
    );
  });

  test('move when they are appended to a pack', () => {
    fc.assert(
      fc.property(records, records, fc.nat(1 << 20), fc.nat(1000), (first, second, by, pack) => {
        const list = listOf(first);
        list.append(listOf(second), by, pack);
        const moved = second.map((item) => ({ ...item, offset: item.offset + by }));
        expect(all(list)).toEqual([...first, ...moved]);
        if (second.length > 0) expect(list.get(list.count - 1).pack).toBe(pack);
      }),
    );
  });

  test('are found by key, the last of equals first', () => {
    fc.assert(
      fc.property(records, fc.uint8Array({ minLength: 2, maxLength: 33 }), (items, stranger) => {
        const list = listOf(items);
        for (const key of [...items.map((item) => item.key), stranger])
          expect(list.lastIndexOf(key)).toBe(items.findLastIndex((item) => !Buffer.compare(item.key, key)));
      }),
    );
  });

  test('sort by key and stay in order where keys are equal', () => {
    fc.assert(
      fc.property(records, (items) => {
        const expected = items
          .map((item, i) => ({ item, i }))
          .toSorted((a, b) => Buffer.compare(a.item.key, b.item.key) || a.i - b.i);
        expect([...listOf(items).sortedPositions()]).toEqual(expected.map(({ i }) => i));
      }),
    );
  });
});
