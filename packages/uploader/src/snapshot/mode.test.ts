import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMode, encodeMode, MODE_MASK } from './mode.ts';

interface GoldenEntry {
  readonly mode: string;
  readonly storedMode: string | null;
}

function goldenModes(): readonly GoldenEntry[] {
  const url = new URL('../../../../test/fixtures/kopia/rich-flat/expected.json', import.meta.url);
  const { snapshots }: { snapshots: { entries: GoldenEntry[] }[] } = JSON.parse(readFileSync(url, 'utf8'));
  return snapshots.flatMap(({ entries }) => entries);
}

describe('mode', () => {
  test('agrees with what kopia stored, both ways', () => {
    const golden = goldenModes();
    expect(golden.length).toBeGreaterThan(1000);
    for (const { mode, storedMode } of golden) {
      expect(encodeMode(Number.parseInt(mode, 8))).toBe(storedMode ?? '');
      expect(decodeMode(storedMode ?? '')).toBe(Number.parseInt(mode, 8));
    }
  });

  test('decodes what it encoded, for every mode', () => {
    for (let mode = 0; mode <= MODE_MASK; mode++) expect(decodeMode(encodeMode(mode))).toBe(mode);
  });

  test('leaves file type bits out', () => {
    fc.assert(
      fc.property(fc.nat(0o177777), (mode) => {
        expect(encodeMode(mode)).toBe(encodeMode(mode & MODE_MASK));
      }),
    );
  });

  test.each([
    ['0', 0],
    ['420', 0o644],
    ['020000000755', 0o755],
    ['08', undefined],
    ['rwx', undefined],
    ['-1', undefined],
    [' 0644', undefined],
  ])('decodes %j as %j', (text, mode) => {
    expect(decodeMode(text)).toBe(mode);
  });
});
