import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DirectoryEntry } from './entry.ts';
import { byteNameFromText } from './names.ts';
import { EMPTY_TOTALS, mergeTotals, summarize, totalsOf } from './totals.ts';

const base = { name: byteNameFromText('x'), mode: 0, size: 0, uid: 0, gid: 0, objectId: '' };
const file: DirectoryEntry = { ...base, type: 'f', size: 10, mtimeNs: 5n };
const link: DirectoryEntry = { ...base, type: 's', size: 3, mtimeNs: 7n };
const failures = (count: number, prefix: string): { path: string; error: string }[] =>
  Array.from({ length: count }, (_, i) => ({ path: `${prefix}${i}`, error: 'e' }));

function directory(mtimeNs: bigint, entries: readonly DirectoryEntry[]): DirectoryEntry {
  return { ...base, type: 'd', mtimeNs, summary: summarize(totalsOf(entries), { mtimeNs }) };
}

const entry: fc.Arbitrary<DirectoryEntry> = fc
  .tuple(
    fc.constantFrom<DirectoryEntry>(file, link, directory(3n, [file, link])),
    fc.bigInt({ min: -9n, max: 9n }),
  )
  .map(([kind, mtimeNs]) => ({ ...kind, mtimeNs }));

describe('directory totals', () => {
  test('count what is below, and the directory itself', () => {
    const inner = directory(1n, [file, link]);
    expect(summarize(totalsOf([inner, file, { ...inner, mtimeNs: 9n }]), { mtimeNs: 100n })).toEqual({
      size: 30,
      files: 3,
      symlinks: 2,
      dirs: 3,
      maxTimeNs: 9n,
      numFailed: 0,
      numIgnoredErrors: 0,
      errors: [],
    });
  });

  test('an empty directory has its own time, also before 1970; one with old entries has 1970', () => {
    expect(summarize(EMPTY_TOTALS, { mtimeNs: -5n }).maxTimeNs).toBe(-5n);
    expect(directory(3n, [{ ...file, mtimeNs: -5n }]).summary?.maxTimeNs).toBe(0n);
  });

  test('name the first ten failures by path and count all', () => {
    const child = totalsOf([], { failed: failures(12, 'b'), ignored: failures(2, 'a') });
    const parent = totalsOf(
      [{ ...base, type: 'd', mtimeNs: 0n, summary: summarize(child, { mtimeNs: 0n }) }],
      {
        failed: failures(1, '!'),
        ignored: [],
      },
    );
    expect(parent).toMatchObject({ numFailed: 13, numIgnoredErrors: 2 });
    expect(parent.errors.map(({ path }) => path)).toEqual([
      '!0',
      'a0',
      'a1',
      'b0',
      'b1',
      'b10',
      'b11',
      'b2',
      'b3',
      'b4',
    ]);
  });

  test('say why a directory is incomplete', () => {
    expect(summarize(EMPTY_TOTALS, { mtimeNs: 0n, incomplete: 'canceled' }).incomplete).toBe('canceled');
  });

  test('of parts add up to those of the whole', () => {
    fc.assert(
      fc.property(fc.array(entry), fc.nat(10), (entries, cut) => {
        const parts = mergeTotals(totalsOf(entries.slice(0, cut)), totalsOf(entries.slice(cut)));
        expect(parts).toEqual(totalsOf(entries));
      }),
    );
  });
});
