import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scratchDirectory, scratchPlaces } from '../testing/scratch-directory.ts';
import { makeSpecial } from './entries.ts';
import { listNames, listPortably } from './list.ts';
import { mergeSort } from './merge-sort.ts';
import { type NameList, NameListBuilder } from './name-list.ts';
import { openDirHandle } from './path.ts';

describe('mergeSort', () => {
  it('sorts as Array.sort does, equal items in their order', () => {
    const items = fc.array(fc.nat(1000), { maxLength: 200 });
    fc.assert(
      fc.property(items, (values) => {
        const byTens = (a: number, b: number): number => Math.floor(a / 10) - Math.floor(b / 10);
        const sorted = Uint32Array.from(values);
        mergeSort(sorted, byTens);
        expect([...sorted]).toEqual(values.toSorted(byTens));
      }),
    );
  });
});

describe('NameListBuilder', () => {
  const byteName = fc
    .array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 255 })
    .map((bytes) => Buffer.from(bytes).toString('latin1'));

  it('keeps each name once, in bytewise order', () => {
    fc.assert(
      fc.property(fc.array(byteName), (names) => {
        const builder = new NameListBuilder();
        for (const name of names) builder.addName(name, 8);
        expect(namesOf(builder.finish())).toEqual([...new Set(names)].toSorted(compareBytes));
      }),
    );
  });

  it('takes names from a buffer, over many chunks', () => {
    const builder = new NameListBuilder();
    const expected = Array.from({ length: 20_000 }, (_, i) => `${'n'.repeat(i % 200)}${i}`);
    for (const name of expected) builder.addBytes(Buffer.from(`..${name}\0junk`), 2, name.length & 1 ? 8 : 4);
    const list = builder.finish();
    expect(namesOf(list)).toEqual(expected.toSorted(compareBytes));
    for (let i = 0; i < list.length; i += 97) {
      expect(list.kind(i)).toBe(list.name(i).length & 1 ? 'file' : 'directory');
    }
  });

  it('drops a name that comes twice', () => {
    const builder = new NameListBuilder();
    for (const name of ['b', 'a', 'b', 'ab', 'a', 'b']) builder.addName(name, 8);
    expect(namesOf(builder.finish())).toEqual(['a', 'ab', 'b']);
  });

  it('gives memory back when it is told to', () => {
    const builder = new NameListBuilder();
    for (let i = 0; i < 50_000; i++) builder.addName(`name-${i}`, 8);
    const list = builder.finish();
    const before = process.memoryUsage().arrayBuffers;
    list.clear();
    expect(before - process.memoryUsage().arrayBuffers).toBeGreaterThan(50_000 * 14);
    expect(list.length).toBe(0);
    expect(() => list.name(0)).toThrow(RangeError);
  });

  it('has no entries outside of the list', () => {
    const list = new NameListBuilder().finish();
    expect(list.length).toBe(0);
    expect(() => list.name(0)).toThrow(RangeError);
  });
});

describe.each(scratchPlaces)('listNames in %s', (place) => {
  it.each([listNames, listPortably])('lists any names with their kinds: %o', (list) => {
    using scratch = scratchDirectory(place);
    const dir = openDirHandle(scratch.path);
    const files = ['\n', '"', '.hidden', '..', '...', '\x80', '\xff\xff', 'a'.repeat(255), 'Z', 'a', 'ab'];
    for (const name of files.filter((name) => name !== '..')) writeFileSync(dir.child(name), '');
    mkdirSync(dir.child('directory'));
    symlinkSync('a', dir.child('symlink'));
    makeSpecial({ kind: 'fifo', rdev: 0 }, dir.child('fifo'), false);
    const found = list(dir);
    const expected = [...files.filter((name) => name !== '..'), 'directory', 'symlink', 'fifo'];
    expect(namesOf(found)).toEqual(expected.toSorted(compareBytes));
    for (let i = 0; i < found.length; i++) {
      const name = found.name(i);
      expect(found.kind(i)).toBe(['directory', 'symlink', 'fifo'].includes(name) ? name : 'file');
    }
    dir.close();
  });

  it('lists a handle again, with what has changed since', () => {
    using scratch = scratchDirectory(place);
    const dir = openDirHandle(scratch.path);
    for (let i = 0; i < 3000; i++) writeFileSync(dir.child(`a rather long file name ${i}`), '');
    expect(listNames(dir).length).toBe(3000);
    unlinkSync(dir.child('a rather long file name 7'));
    expect(namesOf(listNames(dir))).toEqual(namesOf(listPortably(dir)));
    dir.close();
  });
});

function namesOf(list: NameList): string[] {
  return Array.from({ length: list.length }, (_, index) => list.name(index));
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'));
}
