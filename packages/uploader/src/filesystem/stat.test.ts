import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRoot, scratchDirectory, scratchPlaces } from '../testing/scratch-directory.ts';
import { makeSpecial } from './entries.ts';
import { openDirHandle } from './path.ts';
import { deviceMajor, deviceMinor, deviceNumber, fstat, lstat, lstatAt, lstatIfExists } from './stat.ts';
import { setTimesAt, setTimesOf } from './times.ts';

/** Nanoseconds that a double of seconds can't hold. */
const times = {
  now: 1_795_468_246_171_916_547n,
  epoch: 0n,
  'just before the epoch': -1n,
  1901: -2_147_483_646_999_999_999n,
};
const timesAfter2038 = {
  'just after 2038': 2_147_483_648_000_000_001n,
  2400: 13_569_465_600_123_456_789n,
};
/** What ext4 can hold exactly; Linux clamps what a file system can't, and the last second loses its fraction. */
const diskRange = { min: -2_147_483_647_000_000_000n, max: 15_032_385_534_999_999_999n };

describe.each(scratchPlaces)('stat in %s', (place) => {
  it('sees the same through a path, an open file and a directory', () => {
    using scratch = scratchDirectory(place);
    const dir = openDirHandle(scratch.path);
    writeFileSync(dir.child('file'), 'x'.repeat(10_000));
    const fd = openSync(dir.child('file'), 'r');
    const stat = lstat(dir.child('file'));
    expect(stat).toMatchObject({ kind: 'file', mode: 0o644, size: 10_000, nlink: 1, rdev: 0 });
    expect(fstat(fd)).toEqual(stat);
    expect(lstatAt(dir, 'file')).toEqual(stat);
    expect(stat.mtimeNs).toBe(lstatSync(dir.child('file'), { bigint: true }).mtimeNs);
    closeSync(fd);
    dir.close();
  });

  it('tells kinds apart and follows no link', () => {
    using scratch = scratchDirectory(place);
    const dir = openDirHandle(scratch.path);
    mkdirSync(dir.child('directory'));
    symlinkSync('directory', dir.child('symlink'));
    makeSpecial({ kind: 'fifo', rdev: 0 }, dir.child('fifo'), false);
    makeSpecial({ kind: 'socket', rdev: 0 }, dir.child('socket'), false);
    for (const kind of ['directory', 'symlink', 'fifo', 'socket']) {
      expect(lstat(dir.child(kind)).kind).toBe(kind);
      expect(lstatAt(dir, kind)).toEqual(lstat(dir.child(kind)));
    }
    dir.close();
  });

  it.each([0o4755, 0o2755, 0o1777, 0o7000, 0o000])('reads mode %o', (mode) => {
    using scratch = scratchDirectory(place);
    const dir = openDirHandle(scratch.path);
    mkdirSync(dir.child('x'));
    chmodSync(dir.child('x'), mode);
    expect(lstat(dir.child('x')).mode).toBe(mode);
    expect(lstatAt(dir, 'x').mode).toBe(mode);
    chmodSync(dir.child('x'), 0o700);
    dir.close();
  });

  it.each(Object.entries(times))('keeps the time %s to the nanosecond', (_, timeNs) => {
    expectTimeKept(place, timeNs);
  });

  it.runIf(keepsFarTimes(place)).each(Object.entries(timesAfter2038))('keeps the time %s', (_, timeNs) => {
    expectTimeKept(place, timeNs);
  });

  it.runIf(keepsFarTimes(place))('keeps any time that the disk can hold', () => {
    fc.assert(
      fc.property(fc.bigInt(diskRange), (timeNs) => expectTimeKept(place, timeNs)),
      { numRuns: 50 },
    );
  });

  it('sets the time of a symbolic link, not of its target', () => {
    using scratch = scratchDirectory(place);
    const [file, link] = [join(scratch.path, 'file'), join(scratch.path, 'link')];
    writeFileSync(file, '');
    symlinkSync('file', link);
    const before = lstat(file);
    setTimesAt(link, -5n);
    expect(lstat(link).mtimeNs).toBe(-5n);
    expect(lstat(file)).toEqual(before);
  });
});

describe('lstat of what is missing', () => {
  it('throws ENOENT or returns undefined', () => {
    using scratch = scratchDirectory();
    const dir = openDirHandle(scratch.path);
    const missing = expect.objectContaining({ code: 'ENOENT', errno: -2 });
    expect(() => lstat(dir.child('no'))).toThrow(missing);
    expect(() => lstatAt(dir, 'no')).toThrow(missing);
    expect(() => setTimesAt(dir.child('no'), 0n)).toThrow(missing);
    expect(lstatIfExists(dir.child('no'))).toBeUndefined();
    dir.close();
  });
});

describe('device numbers', () => {
  it('are made of a major and a minor', () => {
    const major = fc.integer({ min: 0, max: 0xfff });
    const minor = fc.integer({ min: 0, max: 0xfffff });
    fc.assert(
      fc.property(major, minor, (a, b) => {
        const device = deviceNumber(a, b);
        expect([deviceMajor(device), deviceMinor(device)]).toEqual([a, b]);
      }),
    );
    expect(deviceNumber(1, 3)).toBe(259);
  });

  it.runIf(isRoot)('are those of the nodes made with them', () => {
    using scratch = scratchDirectory();
    const dir = openDirHandle(scratch.path);
    for (const kind of ['character', 'block'] as const) {
      makeSpecial({ kind, rdev: deviceNumber(259, 70_000) }, dir.child(kind), false);
      expect(lstat(dir.child(kind))).toMatchObject({ kind, rdev: deviceNumber(259, 70_000) });
      expect(lstatAt(dir, kind)).toEqual(lstat(dir.child(kind)));
    }
    expect(deviceMajor(lstat('/dev/null').rdev)).toBe(1);
    dir.close();
  });
});

function keepsFarTimes(place: string): boolean {
  using scratch = scratchDirectory(place);
  utimesSync(scratch.path, 13e9, 13e9);
  return statSync(scratch.path).mtimeMs === 13e12;
}

function expectTimeKept(place: string, timeNs: bigint): void {
  using scratch = scratchDirectory(place);
  const dir = openDirHandle(scratch.path);
  const fd = openSync(dir.child('file'), 'w');
  setTimesOf(fd, timeNs);
  expect(fstat(fd).mtimeNs).toBe(timeNs);
  setTimesOf(fd, 1n);
  setTimesAt(dir.child('file'), timeNs);
  expect(lstat(dir.child('file')).mtimeNs).toBe(timeNs);
  expect(lstatAt(dir, 'file').mtimeNs).toBe(timeNs);
  closeSync(fd);
  dir.close();
}
