import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRoot, scratchDirectory, scratchPlaces } from '../testing/scratch-directory.ts';
import { nodePath, openDirHandle } from './path.ts';
import { isKeptXattr, readXattrs, removeXattr, setXattr, type Xattr } from './xattr.ts';

const isLinux = process.platform === 'linux';
const places = isLinux ? scratchPlaces.filter(takesXattrs) : [];
const hasTool = (name: string): boolean => spawnSync(name, ['--version']).error === undefined;

describe.each(places)('extended attributes in %s', (place) => {
  it('are read back as they were set, by path and by descriptor', () => {
    const attribute = fc.tuple(
      fc.string({
        unit: fc.integer({ min: 1, max: 255 }).map((byte) => String.fromCharCode(byte)),
        minLength: 1,
        maxLength: 40,
      }),
      fc.uint8Array({ maxLength: 100 }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(attribute, { selector: ([name]) => name, maxLength: 5 }), (attributes) => {
        using scratch = scratchDirectory(place);
        const dir = openDirHandle(scratch.path);
        const fd = openSync(dir.child('\xff'), 'w');
        const xattrs = attributes.map(([name, value]): Xattr => [`user.${name}`, Buffer.from(value)]);
        xattrs.forEach((xattr, index) => setXattr(index % 2 === 0 ? fd : dir.child('\xff'), xattr));
        const expected = xattrs.toSorted(([a], [b]) => (a < b ? -1 : 1));
        expect(readXattrs(fd)).toEqual(expected);
        expect(readXattrs(dir.child('\xff'))).toEqual(expected);
        for (const [name] of xattrs) removeXattr(fd, name);
        expect(readXattrs(fd)).toEqual([]);
        closeSync(fd);
      }),
      { numRuns: 40 },
    );
  });

  it('are replaced, and removed once', () => {
    using scratch = scratchDirectory(place);
    setXattr(scratch.path, ['user.a', Buffer.from('one')]);
    setXattr(scratch.path, ['user.a', Buffer.from('two')]);
    expect(readXattrs(scratch.path)).toEqual([['user.a', Buffer.from('two')]]);
    removeXattr(scratch.path, 'user.a');
    removeXattr(scratch.path, 'user.a');
    expect(readXattrs(scratch.path)).toEqual([]);
  });

  it('are those that the caller keeps', () => {
    using scratch = scratchDirectory(place);
    setXattr(scratch.path, ['user.a', Buffer.from('1')]);
    setXattr(scratch.path, ['user.b', Buffer.from('2')]);
    expect(readXattrs(scratch.path, (name) => name === 'user.b')).toEqual([['user.b', Buffer.from('2')]]);
  });

  it.runIf(isRoot)('belong to a symbolic link itself', () => {
    using scratch = scratchDirectory(place);
    const dir = openDirHandle(scratch.path);
    writeFileSync(dir.child('file'), '');
    symlinkSync('file', dir.child('link'));
    setXattr(dir.child('link'), ['trusted.origin', Buffer.from('here')]);
    expect(readXattrs(dir.child('link'))).toEqual([['trusted.origin', Buffer.from('here')]]);
    expect(readXattrs(dir.child('file'))).toEqual([]);
    expect(() => setXattr(dir.child('link'), ['user.a', Buffer.alloc(0)])).toThrow(
      expect.objectContaining({ code: 'EPERM', path: dir.child('link') }),
    );
  });

  it.runIf(hasTool('setfacl'))('carry access control lists', () => {
    using scratch = scratchDirectory(place);
    const dir = openDirHandle(scratch.path);
    for (const name of ['from', 'to']) mkdirSync(dir.child(name));
    execFileSync('setfacl', [
      '-m',
      'u:1234:rwx,g:99:r-x,d:u:77:r--',
      nodePath(`${scratch.path}/from`).toString(),
    ]);
    const xattrs = readXattrs(dir.child('from'));
    expect(xattrs.map(([name]) => name)).toEqual(['system.posix_acl_access', 'system.posix_acl_default']);
    for (const xattr of xattrs) setXattr(dir.child('to'), xattr);
    expect(aclOf(`${scratch.path}/to`)).toBe(aclOf(`${scratch.path}/from`));
    expect(aclOf(`${scratch.path}/to`)).toContain('user:1234:rwx');
  });

  it.runIf(isRoot && hasTool('setcap'))('carry file capabilities', () => {
    using scratch = scratchDirectory(place);
    const [from, to] = [`${scratch.path}/from`, `${scratch.path}/to`];
    for (const path of [from, to]) writeFileSync(path, '');
    execFileSync('setcap', ['cap_net_bind_service=+ep', from]);
    const xattrs = readXattrs(from);
    expect(xattrs.map(([name]) => name)).toEqual(['security.capability']);
    for (const xattr of xattrs) setXattr(to, xattr);
    expect(execFileSync('getcap', [to], { encoding: 'utf8' })).toContain('cap_net_bind_service=ep');
  });
});

describe('readXattrs', () => {
  it.runIf(isLinux)('finds none where the file system has no such thing', () => {
    expect(readXattrs('/proc/self/status')).toEqual([]);
  });

  it.runIf(isLinux)('says what failed', () => {
    const missing = { code: 'ENOENT', syscall: 'listxattr', path: '/nonexistent' };
    expect(() => readXattrs('/nonexistent')).toThrow(expect.objectContaining(missing));
    expect(() => readXattrs(9999)).toThrow(expect.objectContaining({ code: 'EBADF' }));
    expect(() => setXattr('/tmp', ['user.a\0b', Buffer.alloc(0)])).toThrow(
      expect.objectContaining({ code: 'EINVAL' }),
    );
    expect(() => readXattrs(`/${'x'.repeat(4096)}`)).toThrow(
      expect.objectContaining({ code: 'ENAMETOOLONG' }),
    );
  });

  it('keeps what people set, not what the system computes', () => {
    const kept = [
      'user.x',
      'trusted.x',
      'security.selinux',
      'security.capability',
      'system.posix_acl_default',
    ];
    const left = ['security.ima', 'security.evm', 'btrfs.compression', 'system.nfs4_acl'];
    expect([...kept, ...left].filter(isKeptXattr)).toEqual(kept);
  });
});

function takesXattrs(place: string): boolean {
  using scratch = scratchDirectory(place);
  try {
    setXattr(scratch.path, ['user.probe', Buffer.alloc(0)]);
    return true;
  } catch {
    return false;
  }
}

function aclOf(path: string): string {
  return execFileSync('getfacl', ['-n', '-c', '-p', path], { encoding: 'utf8' });
}
