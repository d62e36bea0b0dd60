import { readdirSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { RecordSorter } from './sorted-records.ts';

const RECORD_BYTES = 7;

/** Records that often share their first bytes, or everything. */
const records = fc.array(fc.uint8Array({ minLength: RECORD_BYTES, maxLength: RECORD_BYTES, max: 3 }), {
  maxLength: 400,
});

describe('RecordSorter', () => {
  it('sorts and keeps each record once, in however little memory', () => {
    using directory = temporaryDirectory();
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 600 }), (input, memoryBytes) => {
        const expected = [...new Set(input.map(hex))].toSorted();
        expect(sortWith(directory.path, input, memoryBytes)).toEqual(expected);
      }),
    );
    expect(readdirSync(directory.path)).toEqual([]);
  });

  it('merges runs when there are many', () => {
    using directory = temporaryDirectory();
    const input = Array.from({ length: 1000 }, (_, i) =>
      Uint8Array.of(0, 0, 0, 0, 0, (i * 7) >> 8, (i * 7) & 255),
    );
    expect(sortWith(directory.path, input, 5 * RECORD_BYTES)).toEqual(
      [...new Set(input.map(hex))].toSorted(),
    );
  });

  it('gives several cursors over the same records', () => {
    using directory = temporaryDirectory();
    const sorter = new RecordSorter({ directory: directory.path, name: 'test', recordBytes: 1 });
    sorter.add(Uint8Array.of(2));
    sorter.add(Uint8Array.of(1));
    expect(drain(sorter)).toEqual(['01', '02']);
    expect(drain(sorter)).toEqual(['01', '02']);
    sorter.close();
  });
});

function sortWith(directory: string, input: readonly Uint8Array[], memoryBytes: number): string[] {
  const sorter = new RecordSorter({ directory, name: 'test', recordBytes: RECORD_BYTES, memoryBytes });
  try {
    for (const record of input) sorter.add(record);
    return drain(sorter);
  } finally {
    sorter.close();
  }
}

function drain(sorter: RecordSorter): string[] {
  const cursor = sorter.sorted();
  const found: string[] = [];
  while (cursor.advance()) found.push(hex(cursor.record));
  cursor.close();
  return found;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
