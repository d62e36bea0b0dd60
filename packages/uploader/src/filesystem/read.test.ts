import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, openSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asOrdinaryUser, isRoot, scratchDirectory, scratchPlaces } from '../testing/scratch-directory.ts';
import { makeSpecial } from './entries.ts';
import { dataExtents, type Extent, mayHaveHoles } from './extents.ts';
import { isUnchanged, openFile, readInto, readLink } from './read.ts';
import { setSize, writeAt } from './write.ts';
import { fstat } from './stat.ts';

describe('openFile', () => {
  it('opens a file as it is at that moment', () => {
    using scratch = scratchDirectory();
    const path = join(scratch.path, 'file');
    writeFileSync(path, 'content');
    const { fd, stat } = openFile(path);
    expect(stat).toEqual(fstat(fd));
    expect(stat).toMatchObject({ kind: 'file', size: 7 });
    closeSync(fd);
  });

  it('neither waits for a FIFO nor follows a link', () => {
    using scratch = scratchDirectory();
    const [fifo, link] = [join(scratch.path, 'fifo'), join(scratch.path, 'link')];
    makeSpecial({ kind: 'fifo', rdev: 0 }, fifo, false);
    symlinkSync('/etc/passwd', link);
    expect(() => openFile(fifo)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(() => openFile(scratch.path)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(() => openFile(link)).toThrow(expect.objectContaining({ code: 'ELOOP' }));
  });

  it.runIf(process.platform === 'linux')('leaves the access time alone', () => {
    using scratch = scratchDirectory();
    const path = join(scratch.path, 'file');
    writeFileSync(path, 'content');
    utimesSync(path, 1, 2);
    readAll(path);
    expect(execFileSync('stat', ['-c', '%X', path], { encoding: 'utf8' })).toBe('1\n');
  });

  it.runIf(isRoot)("opens a file whose access time isn't ours to spare", () => {
    using scratch = scratchDirectory('/dev/shm');
    const path = join(scratch.path, 'file');
    writeFileSync(path, 'content');
    execFileSync('chmod', ['755', scratch.path]);
    expect(asOrdinaryUser(() => readAll(path))).toBe('content');
    execFileSync('chmod', ['600', path]);
    expect(() => asOrdinaryUser(() => readAll(path))).toThrow(expect.objectContaining({ code: 'EACCES' }));
  });
});

describe('readInto', () => {
  it('reads by position up to the end of the file', () => {
    using scratch = scratchDirectory();
    const path = join(scratch.path, 'file');
    writeFileSync(path, '0123456789');
    const { fd } = openFile(path);
    const buffer = Buffer.from('..............');
    expect(readInto(fd, buffer, 2, 4, 3)).toBe(4);
    expect(buffer.toString()).toBe('..3456........');
    expect(readInto(fd, buffer, 0, 14, 8)).toBe(2);
    expect(readInto(fd, buffer, 0, 14, 10)).toBe(0);
    closeSync(fd);
  });
});

describe('isUnchanged', () => {
  it('notices growth, and a rewrite that puts the time back', () => {
    using scratch = scratchDirectory();
    const path = join(scratch.path, 'file');
    writeFileSync(path, 'aaaa');
    utimesSync(path, 5, 5);
    const { fd, stat } = openFile(path);
    expect(isUnchanged(stat, fstat(fd))).toBe(true);
    execFileSync('sleep', ['0.02']);
    writeFileSync(path, 'bbbb');
    utimesSync(path, 5, 5);
    expect(isUnchanged(stat, fstat(fd))).toBe(false);
    const second = fstat(fd);
    appendFileSync(path, 'b');
    expect(isUnchanged(second, fstat(fd))).toBe(false);
    closeSync(fd);
  });
});

describe('readLink', () => {
  it('gives the bytes of the target', () => {
    using scratch = scratchDirectory();
    const link = join(scratch.path, 'link');
    symlinkSync(Buffer.from([0xff, 0x2f, 0xe9]), link);
    expect(readLink(link)).toBe('\xff/\xe9');
  });
});

describe.runIf(process.platform === 'linux').each(scratchPlaces)('dataExtents in %s', (place) => {
  const BLOCK = 65536;

  it('finds the data of a sparse file and nothing else', () => {
    const layout = fc.array(fc.boolean(), { maxLength: 12 });
    fc.assert(
      fc.property(layout, fc.nat(BLOCK), (blocks, tail) => {
        using scratch = scratchDirectory(place);
        const size = blocks.length * BLOCK + tail;
        const fd = openSync(join(scratch.path, 'file'), 'w+');
        blocks.forEach((isData, index) => isData && writeAt(fd, Buffer.alloc(BLOCK, 1), index * BLOCK));
        setSize(fd, size);
        expect([...dataExtents(fd, size)]).toEqual(runsOf(blocks, BLOCK));
        expect(mayHaveHoles(fstat(fd))).toBe(blocks.includes(false) || tail > 0);
        closeSync(fd);
      }),
      { numRuns: 30 },
    );
  });

  it('stops at the end of a file that was cut off meanwhile', () => {
    using scratch = scratchDirectory(place);
    const fd = openSync(join(scratch.path, 'file'), 'w+');
    writeAt(fd, Buffer.alloc(BLOCK, 1), 0);
    expect([...dataExtents(fd, 10 * BLOCK)]).toEqual([{ start: 0, end: BLOCK }]);
    expect([...dataExtents(fd, 100)]).toEqual([{ start: 0, end: 100 }]);
    setSize(fd, 0);
    expect([...dataExtents(fd, BLOCK)]).toEqual([]);
    closeSync(fd);
  });

  it('says which descriptor is to blame', () => {
    expect(() => [...dataExtents(9999, 1)]).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });
});

function readAll(path: string): string {
  const { fd, stat } = openFile(path);
  const buffer = Buffer.alloc(stat.size);
  readInto(fd, buffer, 0, stat.size, 0);
  closeSync(fd);
  return buffer.toString();
}

function runsOf(blocks: readonly boolean[], blockSize: number): Extent[] {
  const extents: Extent[] = [];
  blocks.forEach((isData, index) => {
    const last = extents.at(-1);
    const [start, end] = [index * blockSize, (index + 1) * blockSize];
    if (!isData) return;
    if (last?.end === start) extents[extents.length - 1] = { start: last.start, end };
    else extents.push({ start, end });
  });
  return extents;
}
