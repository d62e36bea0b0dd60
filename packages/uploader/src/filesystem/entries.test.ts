import {
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asOrdinaryUser, isRoot, scratchDirectory } from '../testing/scratch-directory.ts';
import { makeDirectory, makeHardLink, makeSpecial, makeSymlink } from './entries.ts';
import { openDirHandle } from './path.ts';
import { readLink } from './read.ts';
import { deviceNumber, lstat } from './stat.ts';

const exists = expect.objectContaining({ code: 'EEXIST' });

describe('makeDirectory', () => {
  it('makes a private directory, and leaves one that exists', () => {
    using scratch = scratchDirectory();
    const dir = openDirHandle(scratch.path);
    expect(makeDirectory(dir.child('\xff'))).toBe('created');
    expect(lstat(dir.child('\xff'))).toMatchObject({ kind: 'directory', mode: 0o700 });
    mkdirSync(dir.child('old'), { mode: 0o755 });
    expect(makeDirectory(dir.child('old'))).toBe('existed');
    expect(lstat(dir.child('old')).mode).toBe(0o755);
  });

  it('is not led elsewhere by a link', () => {
    using scratch = scratchDirectory();
    const dir = openDirHandle(scratch.path);
    symlinkSync('/etc', dir.child('link'));
    writeFileSync(dir.child('file'), '');
    expect(() => makeDirectory(dir.child('link'))).toThrow(exists);
    expect(() => makeDirectory(dir.child('file'))).toThrow(exists);
  });
});

describe('makeSymlink', () => {
  it('keeps the bytes of its target and replaces nothing but a link', () => {
    using scratch = scratchDirectory();
    const dir = openDirHandle(scratch.path);
    makeSymlink('\xff/../caf\xe9', dir.child('link'), false);
    expect(readLink(dir.child('link'))).toBe('\xff/../caf\xe9');
    expect(() => makeSymlink('new', dir.child('link'), false)).toThrow(exists);
    makeSymlink('new', dir.child('link'), true);
    expect(readlinkSync(dir.child('link'), 'utf8')).toBe('new');
    writeFileSync(dir.child('file'), 'kept');
    expect(() => makeSymlink('new', dir.child('file'), true)).toThrow(exists);
    expect(readFileSync(dir.child('file'), 'utf8')).toBe('kept');
  });
});

describe('makeHardLink', () => {
  it('gives a file another name, once', () => {
    using scratch = scratchDirectory();
    const dir = openDirHandle(scratch.path);
    writeFileSync(dir.child('a'), 'a');
    writeFileSync(dir.child('b'), 'b');
    makeHardLink(dir.child('a'), dir.child('c'), false);
    makeHardLink(dir.child('a'), dir.child('c'), false);
    expect(statSync(dir.child('a')).nlink).toBe(2);
    expect(() => makeHardLink(dir.child('a'), dir.child('b'), false)).toThrow(exists);
    makeHardLink(dir.child('a'), dir.child('b'), true);
    expect(readFileSync(dir.child('b'), 'utf8')).toBe('a');
    mkdirSync(dir.child('d'));
    expect(() => makeHardLink(dir.child('a'), dir.child('d'), true)).toThrow(exists);
  });

  it('takes the place of a symbolic link, not of what that leads to', () => {
    using scratch = scratchDirectory();
    const dir = openDirHandle(scratch.path);
    writeFileSync(dir.child('a'), 'a');
    writeFileSync(dir.child('victim'), 'kept');
    symlinkSync('victim', dir.child('link'));
    expect(() => makeHardLink(dir.child('a'), dir.child('link'), false)).toThrow(exists);
    makeHardLink(dir.child('a'), dir.child('link'), true);
    expect(lstatSync(dir.child('link'))).toMatchObject({ nlink: 2, size: 1 });
    expect(readFileSync(dir.child('victim'), 'utf8')).toBe('kept');
  });

  it('links a symbolic link itself', () => {
    using scratch = scratchDirectory();
    const dir = openDirHandle(scratch.path);
    symlinkSync('nowhere', dir.child('link'));
    makeHardLink(dir.child('link'), dir.child('second'), false);
    expect(lstatSync(dir.child('second')).isSymbolicLink()).toBe(true);
    expect(lstat(dir.child('second')).nlink).toBe(2);
  });
});

describe('makeSpecial', () => {
  it('makes FIFOs, and replaces only their like', () => {
    using scratch = scratchDirectory();
    const dir = openDirHandle(scratch.path);
    const fifo = { kind: 'fifo', rdev: 0 } as const;
    makeSpecial(fifo, dir.child('fifo\xe9'), false);
    expect(lstat(dir.child('fifo\xe9')).kind).toBe('fifo');
    expect(() => makeSpecial(fifo, dir.child('fifo\xe9'), false)).toThrow(exists);
    makeSpecial(fifo, dir.child('fifo\xe9'), true);
    linkSync(dir.child('fifo\xe9'), dir.child('other'));
    writeFileSync(dir.child('file'), '');
    expect(() => makeSpecial(fifo, dir.child('file'), true)).toThrow(exists);
  });

  it.runIf(isRoot)('makes devices for root alone', () => {
    using scratch = scratchDirectory('/dev/shm');
    const dir = openDirHandle(scratch.path);
    const device = { kind: 'character', rdev: deviceNumber(1, 3) } as const;
    makeSpecial(device, dir.child('null'), false);
    expect(lstat(dir.child('null'))).toMatchObject(device);
    expect(() => asOrdinaryUser(() => makeSpecial(device, '/dev/shm/holdfast-denied', false))).toThrow(
      expect.objectContaining({ code: 'EPERM', syscall: 'mknod', path: '/dev/shm/holdfast-denied' }),
    );
  });
});
