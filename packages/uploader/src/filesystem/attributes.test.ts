import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asOrdinaryUser, isRoot, scratchDirectory, scratchPlaces } from '../testing/scratch-directory.ts';
import { applyAttributes, type Attributes, creationMode } from './attributes.ts';
import { makeSpecial } from './entries.ts';
import { openDirHandle } from './path.ts';
import { deviceNumber, type FileStat, fstat, lstat } from './stat.ts';
import { readXattrs, setXattr, type Xattr } from './xattr.ts';
import { createFile, writeAt } from './write.ts';

const isLinux = process.platform === 'linux';
const me = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
const own: Attributes = { mode: 0o640, ...me, mtimeNs: 1_234_567_890_123_456_789n };
const note: Xattr = ['user.note', Buffer.from('n')];

describe('creationMode', () => {
  it('is the final one when the owner is, and private until then otherwise', () => {
    expect(creationMode({ ...own, mode: 0o4755 })).toBe(0o755);
    expect(creationMode({ ...own, mode: 0o4755, uid: me.uid + 1 })).toBe(0o700);
    expect(creationMode({ ...own, mode: 0o444, xattrs: [note] })).toBe(0o644);
  });
});

describe.runIf(isLinux).each(scratchPlaces)('applyAttributes in %s', (place) => {
  it('gives an open file its mode, time and attributes', () => {
    const mode = fc.integer({ min: 0, max: 0o7777 });
    fc.assert(
      fc.property(mode, mode, (before, after) => {
        using scratch = scratchDirectory(place);
        const fd = openSync(`${scratch.path}/file`, 'w', before | 0o200);
        const wanted = { ...own, mode: after, xattrs: [note] };
        expect(applyAttributes(fd, wanted)).toEqual([]);
        expectApplied(fstat(fd), wanted);
        chmodSync(`${scratch.path}/file`, 0o600);
        expect(readXattrs(fd)).toEqual([note]);
        closeSync(fd);
      }),
      { numRuns: 50 },
    );
  });

  it.runIf(isRoot)('keeps setuid, capabilities and contents through a change of owner', () => {
    using scratch = scratchDirectory(place);
    const capability = capabilityOf(scratch.path);
    for (const path of ['a', 'b'].map((name) => `${scratch.path}/${name}`)) {
      const fd = createFile(path, { mode: 0o700, overwrite: false });
      chmodSync(path, 0o6755);
      writeAt(fd, Buffer.from('content'), 0);
      const wanted = { ...own, mode: 0o6755, uid: 1234, gid: 4321, xattrs: capability };
      expect(applyAttributes(path.endsWith('a') ? fd : path, wanted)).toEqual([]);
      expectApplied(fstat(fd), wanted);
      expect(readXattrs(fd)).toEqual(capability);
      closeSync(fd);
    }
  });

  it.runIf(isRoot)('serves directories, FIFOs and devices by path', () => {
    using scratch = scratchDirectory(place);
    const dir = openDirHandle(scratch.path);
    mkdirSync(dir.child('directory'));
    makeSpecial({ kind: 'fifo', rdev: 0 }, dir.child('fifo'), false);
    makeSpecial({ kind: 'block', rdev: deviceNumber(7, 99) }, dir.child('block'), false);
    for (const kind of ['directory', 'fifo', 'block']) {
      const wanted = { ...own, mode: 0o3751, uid: 5, gid: 6 };
      expect(applyAttributes(dir.child(kind), wanted)).toEqual([]);
      expectApplied(lstat(dir.child(kind)), wanted);
    }
  });

  it.runIf(isRoot)('changes a symbolic link, never its target', () => {
    using scratch = scratchDirectory(place);
    const dir = openDirHandle(scratch.path);
    writeFileSync(dir.child('file'), '');
    symlinkSync('file', dir.child('link'));
    const before = lstat(dir.child('file'));
    const wanted = { ...own, mode: 0o777, uid: 7, gid: 8, mtimeNs: -1n };
    expect(applyAttributes(dir.child('link'), wanted)).toEqual([]);
    expectApplied(lstat(dir.child('link')), wanted);
    expect(lstat(dir.child('file'))).toEqual(before);
  });

  it.runIf(hasSetfacl())(
    'replaces the list a file has inherited, and leaves it where nothing was recorded',
    () => {
      using scratch = scratchDirectory(place);
      execFileSync('setfacl', ['-m', 'd:u:1234:rwx', scratch.path]);
      for (const [name, xattrs] of [
        ['none', []],
        ['unknown', undefined],
      ] as const) {
        const path = `${scratch.path}/${name}`;
        writeFileSync(path, '');
        setXattr(path, note);
        expect(readXattrs(path)).toHaveLength(2);
        const wanted = { ...own, mode: 0o640, xattrs };
        expect(applyAttributes(path, wanted)).toEqual([]);
        expectApplied(lstat(path), wanted);
        expect(readXattrs(path)).toHaveLength(xattrs === undefined ? 2 : 0);
      }
    },
  );

  it('does what is asked for only', () => {
    using scratch = scratchDirectory(place);
    const path = `${scratch.path}/file`;
    writeFileSync(path, '');
    const before = lstat(path);
    const wanted = { mode: 0o777, uid: 9, gid: 9, mtimeNs: 0n, xattrs: [note] };
    const nothing = { owners: false, permissions: false, times: false, xattrs: false };
    expect(applyAttributes(path, wanted, nothing)).toEqual([]);
    expect(lstat(path)).toEqual(before);
    expect(applyAttributes(path, wanted, { ...nothing, times: true })).toEqual([]);
    expect(lstat(path)).toMatchObject({ mtimeNs: 0n, mode: before.mode, uid: before.uid });
  });
});

describe.runIf(isLinux && isRoot)('applyAttributes for an ordinary user', () => {
  it('reports each refusal, does the rest, and gives away no setuid', () => {
    using scratch = scratchDirectory('/dev/shm');
    chmodSync(scratch.path, 0o777);
    const path = `${scratch.path}/file`;
    const xattrs: Xattr[] = [['trusted.x', Buffer.from('x')], note];
    const problems = asOrdinaryUser(() => {
      const fd = createFile(path, { mode: 0o600, overwrite: false });
      const found = applyAttributes(fd, { ...own, mode: 0o4755, uid: 0, gid: 0, xattrs });
      closeSync(fd);
      return found;
    });
    expect(problems.map(({ attribute, name, code, refused }) => [attribute, name, code, refused])).toEqual([
      ['owner', undefined, 'EPERM', true],
      ['xattr', 'trusted.x', 'EPERM', true],
      ['mode', undefined, 'EPERM', true],
    ]);
    expectApplied(lstat(path), { ...own, mode: 0o755, uid: 65534, gid: 65534 });
    expect(readXattrs(path)).toEqual([note]);
  });

  it("reports what can't be done to someone else's file", () => {
    using scratch = scratchDirectory('/dev/shm');
    chmodSync(scratch.path, 0o755);
    const path = `${scratch.path}/file`;
    writeFileSync(path, '');
    const wanted = { ...own, mode: 0o600, uid: 0, gid: 0, xattrs: [note] };
    const problems = asOrdinaryUser(() => applyAttributes(path, wanted));
    expect(problems.map(({ attribute, refused }) => [attribute, refused])).toEqual([
      ['xattr', true],
      ['mode', true],
      ['times', true],
    ]);
  });

  it('sets attributes on a file that will be read-only', () => {
    using scratch = scratchDirectory('/dev/shm');
    chmodSync(scratch.path, 0o777);
    const path = `${scratch.path}/file`;
    const wanted = { ...own, mode: 0o444, uid: 65534, gid: 65534, xattrs: [note] };
    const problems = asOrdinaryUser(() => {
      const fd = createFile(path, { mode: 0o600, overwrite: false });
      const found = applyAttributes(fd, wanted);
      closeSync(fd);
      return found;
    });
    expect(problems).toEqual([]);
    expectApplied(lstat(path), wanted);
  });

  it('throws for a target that is gone', () => {
    expect(() => applyAttributes('/nonexistent', own)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});

function expectApplied(stat: FileStat, { mode, uid, gid, mtimeNs }: Attributes): void {
  expect(stat).toMatchObject({ mode, uid, gid, mtimeNs });
}

function capabilityOf(directory: string): readonly Xattr[] {
  const path = `${directory}/capable`;
  writeFileSync(path, '');
  chownSync(path, 0, 0);
  if (spawnSync('setcap', ['cap_chown=+ep', path]).status !== 0) return [];
  return readXattrs(path);
}

function hasSetfacl(): boolean {
  return spawnSync('setfacl', ['--version']).error === undefined;
}
