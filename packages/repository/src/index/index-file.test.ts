import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import { indexEntries } from '../testing/index-entries.ts';
import { encodeIndex } from './builder.ts';
import { cursorEntries } from './cursor.ts';
import type { IndexEntry } from './entry.ts';
import { type IndexFile, openIndexFile } from './index-file.ts';
import { compareKeys } from './key.ts';
import { PageCache } from './page-cache.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'holdfast-index-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Small enough that pages are replaced all the time. */
const cache = new PageCache(1);

function store(name: string, bytes: Uint8Array): string {
  const file = path.join(directory, name);
  writeFileSync(file, bytes);
  return file;
}

function withFile<T>(entries: readonly IndexEntry[], version: 1 | 2, use: (file: IndexFile) => T): T {
  const noise = Buffer.alloc(32, 0xa5);
  const file = openIndexFile(store('index', Buffer.concat([encodeIndex(entries, version), noise])), cache);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** Many entries with uniform hashes behind three letters. */
function manyEntries(count: number): IndexEntry[] {
  const random = fc.sample(fc.uint8Array({ minLength: 16, maxLength: 16 }), { numRuns: count, seed: 1 });
  return random
    .map((hash, i): IndexEntry => ({
      key: Uint8Array.of([0, 0, 0x6b, 0x6d][i % 4] ?? 0, ...hash),
      packBlobId: `p${i % 300}-s1`,
      packOffset: i,
      packedLength: 100 + i,
      originalLength: 50 + i,
      timestampSeconds: 1_700_000_000 + i,
      deleted: i % 7 === 0,
      formatVersion: 3,
      compressionHeaderId: i % 2 === 0 ? 0 : 0x1101,
      encryptionKeyId: 0,
    }))
    .toSorted((a, b) => compareKeys(a.key, b.key))
    .filter((entry, i, all) => i === 0 || compareKeys(all[i - 1]?.key ?? entry.key, entry.key) !== 0);
}

describe('IndexFile', () => {
  it.each([1, 2] as const)('finds every entry and nothing else (version %i)', (version) => {
    fc.assert(
      fc.property(indexEntries(version), fc.uint8Array({ minLength: 2, maxLength: 33 }), (entries, other) => {
        withFile(entries, version, (file) => {
          expect(file.count).toBe(entries.length);
          for (const entry of entries) expect(plain(file.find(entry.key))).toEqual(plain(entry));
          const known = entries.find((entry) => compareKeys(entry.key, other) === 0);
          expect(plain(file.find(other))).toEqual(plain(known));
        });
      }),
    );
  });

  it('finds entries in a file of many pages, and misses next to each', () => {
    const entries = manyEntries(5000);
    withFile(entries, 2, (file) => {
      for (const entry of entries) {
        expect(file.find(entry.key)?.packedLength).toBe(entry.packedLength);
        const neighbour = entry.key.slice();
        neighbour[16] = (neighbour[16] ?? 0) ^ 1;
        expect(file.find(neighbour)).toBeUndefined();
      }
    });
  });

  it('finds entries whose keys are anything but uniform', () => {
    const entries = manyEntries(1000).map((entry, i) => {
      const key = new Uint8Array(17);
      key.set([0, i < 990 ? 0 : 255, 0, 0, 0, 0, 0, 0, 0, i >> 8, i & 255]);
      return { ...entry, key };
    });
    withFile(entries, 2, (file) => {
      for (const entry of entries) expect(file.find(entry.key)?.packOffset).toBe(entry.packOffset);
    });
  });

  it.each([1, 2] as const)('walks from any key, whatever the buffer holds (version %i)', (version) => {
    fc.assert(
      fc.property(
        indexEntries(version),
        fc.uint8Array({ minLength: 0, maxLength: 33 }),
        fc.integer({ min: 1, max: 300 }),
        (entries, from, bufferBytes) => {
          const walked = withFile(entries, version, (file) => [
            ...cursorEntries(file.entries(from, bufferBytes)),
          ]);
          const expected = entries.filter((entry) => compareKeys(entry.key, from) >= 0);
          expect(walked.map(plain)).toEqual(expected.map(plain));
        },
      ),
    );
  });

  it('starts at a prefix letter', () => {
    const entries = manyEntries(500);
    withFile(entries, 2, (file) => {
      const cursor = file.entries(Uint8Array.of(0x6b));
      expect(cursor.advance()).toBe(true);
      expect(cursor.entry()).toEqual(entries.find((entry) => entry.key[0] === 0x6b));
    });
  });

  it('keeps files of one cache apart', () => {
    const entries = manyEntries(400);
    const odd = openIndexFile(
      store(
        'odd',
        encodeIndex(
          entries.filter((_, i) => i % 2 === 1),
          2,
        ),
      ),
      cache,
    );
    const even = openIndexFile(
      store(
        'even',
        encodeIndex(
          entries.filter((_, i) => i % 2 === 0),
          2,
        ),
      ),
      cache,
    );
    for (const [i, entry] of entries.entries()) {
      expect(odd.find(entry.key) !== undefined).toBe(i % 2 === 1);
      expect(even.find(entry.key) !== undefined).toBe(i % 2 === 0);
    }
    odd.close();
    even.close();
  });

  it('notices keys out of order and a file that shrinks', () => {
    const entries = manyEntries(300);
    const encoded = encodeIndex(entries, 2);
    const swapped = encoded.slice();
    swapped.copyWithin(17 + 34 * 10, 17 + 34 * 20, 17 + 34 * 21);
    const file = openIndexFile(store('swapped', swapped), cache);
    expect(() => [...cursorEntries(file.entries())]).toThrow('not ascending');
    file.close();
    const shrinking = openIndexFile(store('shrinking', encoded), cache);
    truncateSync(shrinking.path, 5000);
    expect(() => [...cursorEntries(shrinking.entries())]).toThrow('shorter');
    shrinking.close();
  });

  it('can be closed twice', () => {
    const file = openIndexFile(store('closed', encodeIndex(manyEntries(3), 2)), cache);
    file.close();
    expect(() => file.close()).not.toThrow();
  });
});

function plain(entry: IndexEntry | undefined): unknown {
  return entry && { ...entry, key: Buffer.from(entry.key).toString('hex') };
}
