import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scratchDirectory } from '../testing/scratch-directory.ts';
import { setTimesAt } from './times.ts';
import { listNames } from './list.ts';
import { bytePath, displayPath, nodePath, openDirHandle } from './path.ts';
import { fstat, lstat, lstatAt } from './stat.ts';

const hostileNames = ['', '.', '..', 'a/b', '/etc', 'a\0b'];

describe('byte paths', () => {
  it('turn text into bytes and back', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (text) => displayPath(bytePath(text)) === text.toWellFormed(),
      ),
    );
  });

  it('stay strings for Node only when they are ASCII', () => {
    expect(nodePath('plain name')).toBe('plain name');
    expect(nodePath('\xff\xe9')).toEqual(Buffer.from([0xff, 0xe9]));
  });
});

describe('DirHandle', () => {
  it('names children with any bytes', () => {
    using scratch = scratchDirectory();
    const dir = openDirHandle(scratch.path);
    for (const name of ['plain', 'new\nline', `it's "q"`, '\xff\xfe', '\x80'.repeat(255), ' ', '-rf']) {
      writeFileSync(dir.child(name), name);
      expect(readFileSync(dir.child(name), 'utf8')).toBe(name);
    }
    expect(listNames(dir).length).toBe(7);
    dir.close();
  });

  it.each(hostileNames)('refuses %j as the name of a child', (name) => {
    const dir = openDirHandle('/tmp');
    expect(() => dir.child(name)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(() => lstatAt(dir, name)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    dir.close();
  });

  it('joins the root directory without a second slash', () => {
    expect(openDirHandle('/').child('etc')).toBe('/etc');
  });

  it('opens nothing for a short path until asked', () => {
    using scratch = scratchDirectory();
    const dir = openDirHandle(join(scratch.path, 'missing'));
    expect(() => dir.fd()).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    dir.close();
  });

  it("doesn't open a symbolic link as a directory", () => {
    using scratch = scratchDirectory();
    symlinkSync('/etc', join(scratch.path, 'link'));
    const dir = openDirHandle(join(scratch.path, 'link'));
    expect(() => dir.fd()).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
  });

  it.runIf(process.platform === 'linux').each(['d'.repeat(200), '\xc3\xa9'.repeat(100)])(
    'reaches below 10,000 bytes of path made of %j',
    (name) => {
      using scratch = scratchDirectory();
      const path = makeDeep(scratch.path, name, 50);
      expect(path.length).toBeGreaterThan(10_000);
      const before = nextDescriptor();
      const dir = openDirHandle(path);
      writeFileSync(dir.child('file'), 'deep');
      expect(readFileSync(dir.child('file'), 'latin1')).toBe('deep');
      expect(lstat(dir.child('file'))).toEqual(lstatAt(dir, 'file'));
      expect(listNames(dir).name(0)).toBe('file');
      expect(fstat(dir.fd()).kind).toBe('directory');
      chmodSync(dir.self(), 0o711);
      setTimesAt(dir.self(), -1n);
      expect(lstat(dir.self())).toMatchObject({ kind: 'directory', mode: 0o711, mtimeNs: -1n });
      dir.close();
      dir.close();
      expect(nextDescriptor()).toBe(before);
    },
  );

  it.runIf(process.platform === 'linux')('closes what it opened when a long path ends nowhere', () => {
    const before = nextDescriptor();
    expect(() => openDirHandle(`/${'x/'.repeat(4000)}`)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(() => openDirHandle('/'.repeat(4) + './'.repeat(4000) + 'x')).toThrow();
    expect(nextDescriptor()).toBe(before);
  });
});

function makeDeep(root: string, name: string, depth: number): string {
  let path = root;
  for (let level = 0; level < depth; level++) {
    const dir = openDirHandle(path);
    mkdirSync(dir.child(name));
    dir.close();
    path = `${path}/${name}`;
  }
  return path;
}

function nextDescriptor(): number {
  const fd = openSync('/', 'r');
  closeSync(fd);
  return fd;
}
