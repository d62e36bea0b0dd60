import {
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scratchDirectory, scratchPlaces } from '../testing/scratch-directory.ts';
import { makeSpecial } from './entries.ts';
import { dataExtents } from './extents.ts';
import { openDirHandle } from './path.ts';
import { sparseBlockSize, writeSparse } from './sparse.ts';
import { createFile, createTemporary, moveIntoPlace, setSize, writeAt } from './write.ts';

const exists = expect.objectContaining({ code: 'EEXIST' });

describe('createFile', () => {
  it('makes a file with the mode asked for and refuses an existing one', () => {
    using scratch = scratchDirectory();
    const path = join(scratch.path, 'file');
    fill(createFile(path, { mode: 0o640, overwrite: false }), 'new');
    expect(statSync(path).mode & 0o7777).toBe(0o640);
    expect(() => createFile(path, { mode: 0o640, overwrite: false })).toThrow(exists);
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it('overwrites a file in place, with no more permissions than the new content has', () => {
    using scratch = scratchDirectory();
    const path = join(scratch.path, 'file');
    writeFileSync(path, 'old and longer');
    chmodSync(path, 0o4777);
    const { ino } = statSync(path);
    fill(createFile(path, { mode: 0o600, overwrite: true }), 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path)).toMatchObject({ ino, mode: 0o100600 });
  });

  it('leaves an existing file its permissions when asked to', () => {
    using scratch = scratchDirectory();
    const path = join(scratch.path, 'file');
    writeFileSync(path, 'old');
    chmodSync(path, 0o640);
    fill(createFile(path, { mode: 0o600, overwrite: true, keepsMode: true }), 'new');
    expect(statSync(path).mode & 0o7777).toBe(0o640);
  });

  it("doesn't write into other names of an existing file", () => {
    using scratch = scratchDirectory();
    const [path, other] = [join(scratch.path, 'file'), join(scratch.path, 'other')];
    writeFileSync(path, 'old');
    linkSync(path, other);
    fill(createFile(path, { mode: 0o600, overwrite: true }), 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readFileSync(other, 'utf8')).toBe('old');
  });

  it('takes the place of a link, and never writes into a FIFO or over a directory', () => {
    using scratch = scratchDirectory();
    const dir = openDirHandle(scratch.path);
    writeFileSync(dir.child('victim'), 'untouched');
    symlinkSync('victim', dir.child('link'));
    makeSpecial({ kind: 'fifo', rdev: 0 }, dir.child('fifo'), false);
    mkdirSync(dir.child('directory'));
    for (const [name, code] of [
      ['fifo', 'ENXIO'],
      ['directory', 'EISDIR'],
    ] as const) {
      const options = { mode: 0o600, overwrite: true };
      expect(() => createFile(dir.child(name), options)).toThrow(expect.objectContaining({ code }));
    }
    const refused = { mode: 0o600, overwrite: false };
    expect(() => createFile(dir.child('link'), refused)).toThrow(exists);
    fill(createFile(dir.child('link'), { mode: 0o600, overwrite: true }), 'new');
    expect(lstatSync(dir.child('link')).isFile()).toBe(true);
    expect(readFileSync(dir.child('link'), 'utf8')).toBe('new');
    expect(readFileSync(dir.child('victim'), 'utf8')).toBe('untouched');
  });
});

describe('temporary files', () => {
  it('appear under their name complete or not at all', () => {
    using scratch = scratchDirectory();
    const dir = openDirHandle(scratch.path);
    const path = dir.child('file');
    const first = createTemporary(dir, 0o644);
    expect(readdirSync(scratch.path)).not.toContain('file');
    fill(first.fd, 'first');
    moveIntoPlace(first, path, false);
    expect(readFileSync(path, 'utf8')).toBe('first');

    const refused = createTemporary(dir, 0o644);
    closeSync(refused.fd);
    expect(() => moveIntoPlace(refused, path, false)).toThrow(exists);
    const second = createTemporary(dir, 0o644);
    fill(second.fd, 'second');
    moveIntoPlace(second, path, true);
    expect(readFileSync(path, 'utf8')).toBe('second');
    expect(readdirSync(scratch.path)).toEqual(['file']);
  });

  it('are removed when they cannot have their name', () => {
    using scratch = scratchDirectory();
    const dir = openDirHandle(scratch.path);
    mkdirSync(join(scratch.path, 'taken', 'inside'), { recursive: true });
    const temporary = createTemporary(dir, 0o644);
    closeSync(temporary.fd);
    expect(() => moveIntoPlace(temporary, dir.child('taken'), true)).toThrow();
    expect(readdirSync(scratch.path)).toEqual(['taken']);
  });
});

describe.each(scratchPlaces)('writeSparse in %s', (place) => {
  it('gives the same bytes however the content is cut, and no blocks for zeros', () => {
    using scratch = scratchDirectory(place);
    const blockSize = sparseBlockSize(scratch.path);
    const blocks = fc.array(fc.constantFrom('zeros', 'data', 'last byte'), { maxLength: 10 });
    const cuts = fc.array(fc.nat(blockSize * 3), { maxLength: 6 });
    fc.assert(
      fc.property(blocks, cuts, fc.nat(blockSize), (kinds, pieces, tail) => {
        const content = contentOf(kinds, blockSize, tail);
        const path = join(scratch.path, 'file');
        const fd = createFile(path, { mode: 0o600, overwrite: true });
        writeInPieces(fd, content, pieces, blockSize);
        setSize(fd, content.length);
        closeSync(fd);
        expect(readFileSync(path).equals(content)).toBe(true);
        const used = kinds.filter((kind) => kind !== 'zeros').length;
        // The map of a file with many extents can take a block itself.
        expect(statSync(path).blocks * 512).toBeLessThanOrEqual((used + 1) * blockSize);
      }),
      { numRuns: 60 },
    );
  });

  it.runIf(process.platform === 'linux')('restores the map of a sparse file', () => {
    using scratch = scratchDirectory(place);
    const content = contentOf(
      Array.from({ length: 64 }, (_, i) => (i % 16 < 8 ? 'zeros' : 'data')),
      65536,
      0,
    );
    const path = join(scratch.path, 'file');
    const fd = createFile(path, { mode: 0o600, overwrite: false });
    writeSparse(fd, content, 0, sparseBlockSize(scratch.path));
    setSize(fd, content.length);
    const half = 8 * 65536;
    const expected = [1, 3, 5, 7].map((i) => ({ start: i * half, end: (i + 1) * half }));
    expect([...dataExtents(fd, content.length)]).toEqual(expected);
    closeSync(fd);
  });
});

function fill(fd: number, text: string): void {
  writeAt(fd, Buffer.from(text), 0);
  closeSync(fd);
}

function contentOf(kinds: readonly string[], blockSize: number, zeroTail: number): Buffer {
  const content = Buffer.alloc(kinds.length * blockSize + zeroTail);
  kinds.forEach((kind, index) => {
    const end = (index + 1) * blockSize;
    if (kind !== 'zeros') content.fill(7, kind === 'data' ? end - blockSize : end - 1, end);
  });
  return content;
}

function writeInPieces(fd: number, content: Buffer, pieces: readonly number[], blockSize: number): void {
  let position = 0;
  for (const length of [...pieces, content.length]) {
    writeSparse(fd, content.subarray(position, position + length), position, blockSize);
    position = Math.min(position + length, content.length);
  }
}
