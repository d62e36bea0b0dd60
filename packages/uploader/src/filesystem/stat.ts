import { type BigIntStats, fstatSync, lstatSync } from 'node:fs';
import {
  AT_NO_AUTOMOUNT,
  AT_SYMLINK_NOFOLLOW,
  cPath,
  nativeCalls,
  type NativeCalls,
  nativeError,
} from './native.ts';
import { checkedName, type DirHandle, nodePath, type NodePath } from './path.ts';

/** What a directory entry is. */
export type EntryKind =
  'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'character' | 'block' | 'unknown';

/** What the file system says about an entry. */
export interface FileStat {
  readonly kind: EntryKind;
  /** The low 12 bits: permissions, setuid, setgid, sticky. */
  readonly mode: number;
  readonly size: number;
  /** Nanoseconds since 1970, negative before. */
  readonly mtimeNs: bigint;
  /** The same as seconds, rounded down, and the nanoseconds that are left. */
  readonly mtimeSeconds: number;
  readonly mtimeNanos: number;
  readonly ctimeNs: bigint;
  readonly ctimeSeconds: number;
  readonly ctimeNanos: number;
  readonly uid: number;
  readonly gid: number;
  /** Device number of the file system; with `ino` the identity of a hard-linked file. */
  readonly dev: number;
  readonly ino: bigint;
  /** The same in two halves. */
  readonly inoHigh: number;
  readonly inoLow: number;
  readonly nlink: number;
  /** Allocated units of 512 bytes. */
  readonly blocks: number;
  /** Device number of a device node (`deviceMajor`, `deviceMinor`), else 0. */
  readonly rdev: number;
}

/** Kinds by the file type bits of a mode, which are also the `d_type` values of a directory listing. */
// prettier-ignore
const KINDS: readonly EntryKind[] = [
  'unknown', 'fifo', 'character', 'unknown', 'directory', 'unknown', 'block', 'unknown',
  'file', 'unknown', 'symlink', 'unknown', 'socket', 'unknown', 'unknown', 'unknown',
];

/** The kind for the four file type bits of a mode, or for a `d_type`. */
export function kindOfType(type: number): EntryKind {
  return KINDS[type & 15] ?? 'unknown';
}

/** The entry itself, not what a symbolic link points to. */
export function lstat(path: NodePath): FileStat {
  return statOf(lstatSync(path, { bigint: true }));
}

/** Like `lstat`, or undefined when there is no such entry. */
export function lstatIfExists(path: NodePath): FileStat | undefined {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && statOf(stats);
}

/** The open file. */
export function fstat(fd: number): FileStat {
  return statOf(fstatSync(fd, { bigint: true }));
}

/** Like `lstat` for a child of an open directory: 1.7 us a call against 2.8 for a path twelve directories deep,
 *  and nobody can swap a parent in between. (With a whole path statx is no faster than `lstatSync`.) */
export function lstatAt(dir: DirHandle, name: string): FileStat {
  const calls = nativeCalls();
  return calls === undefined ? lstat(dir.child(name)) : statx(calls, dir, name);
}

/** Major number of a device, as `stat` and `mknod` encode it. */
export function deviceMajor(rdev: number): number {
  return (rdev >>> 8) & 0xfff;
}

/** Minor number of a device, as `stat` and `mknod` encode it. */
export function deviceMinor(rdev: number): number {
  return (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
}

/** The device number made of a major (12 bits) and a minor (20 bits). */
export function deviceNumber(major: number, minor: number): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)) >>> 0;
}

/** What `Stat` is made of. Times and inode numbers come in parts: most are never asked for, and big integers cost. */
type StatParts = Omit<FileStat, 'mtimeNs' | 'ctimeNs' | 'ino'>;

class Stat implements FileStat {
  readonly kind: EntryKind;
  readonly mode: number;
  readonly size: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanos: number;
  readonly ctimeSeconds: number;
  readonly ctimeNanos: number;
  readonly uid: number;
  readonly gid: number;
  readonly dev: number;
  readonly inoHigh: number;
  readonly inoLow: number;
  readonly nlink: number;
  readonly blocks: number;
  readonly rdev: number;

  constructor(parts: StatParts) {
    this.kind = parts.kind;
    this.mode = parts.mode;
    this.size = parts.size;
    this.mtimeSeconds = parts.mtimeSeconds;
    this.mtimeNanos = parts.mtimeNanos;
    this.ctimeSeconds = parts.ctimeSeconds;
    this.ctimeNanos = parts.ctimeNanos;
    this.uid = parts.uid;
    this.gid = parts.gid;
    this.dev = parts.dev;
    this.inoHigh = parts.inoHigh;
    this.inoLow = parts.inoLow;
    this.nlink = parts.nlink;
    this.blocks = parts.blocks;
    this.rdev = parts.rdev;
  }

  get mtimeNs(): bigint {
    return nanosecondsOf(this.mtimeSeconds, this.mtimeNanos);
  }

  get ctimeNs(): bigint {
    return nanosecondsOf(this.ctimeSeconds, this.ctimeNanos);
  }

  get ino(): bigint {
    return (BigInt(this.inoHigh) << 32n) | BigInt(this.inoLow);
  }
}

const NANOSECONDS = 1_000_000_000n;

function nanosecondsOf(seconds: number, nanos: number): bigint {
  return BigInt(seconds) * NANOSECONDS + BigInt(nanos);
}

/** Seconds, rounded down, and the nanoseconds that are left. */
function splitTime(ns: bigint): readonly [seconds: number, nanos: number] {
  const nanos = ((ns % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  return [Number((ns - nanos) / NANOSECONDS), Number(nanos)];
}

function statOf(stats: BigIntStats): FileStat {
  const mode = Number(stats.mode);
  const [mtimeSeconds, mtimeNanos] = splitTime(stats.mtimeNs);
  const [ctimeSeconds, ctimeNanos] = splitTime(stats.ctimeNs);
  return new Stat({
    kind: kindOfType(mode >> 12),
    mode: mode & 0o7777,
    size: Number(stats.size),
    mtimeSeconds,
    mtimeNanos,
    ctimeSeconds,
    ctimeNanos,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    dev: Number(stats.dev),
    inoHigh: Number(stats.ino >> 32n),
    inoLow: Number(stats.ino & 0xffff_ffffn),
    nlink: Number(stats.nlink),
    blocks: Number(stats.blocks),
    rdev: Number(stats.rdev),
  });
}

const STATX_BASIC_STATS = 0x7ff;
/** `struct statx` of linux/stat.h, seen as words of 4 bytes. */
const statxBytes = Buffer.allocUnsafeSlow(256);
const words = new Uint32Array(statxBytes.buffer);

function statx(calls: NativeCalls, dir: DirHandle, name: string): FileStat {
  const path = cPath(nodePath(checkedName(name)), 'statx');
  const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  if (calls.statx(dir.fd(), path, flags, STATX_BASIC_STATS, statxBytes) !== 0) {
    throw nativeError(calls, 'statx', dir.child(name));
  }
  const mode = word(7) & 0xffff;
  return new Stat({
    kind: kindOfType(mode >> 12),
    mode: mode & 0o7777,
    size: longAt(10),
    mtimeSeconds: longAt(28),
    mtimeNanos: word(30),
    ctimeSeconds: longAt(24),
    ctimeNanos: word(26),
    uid: word(5),
    gid: word(6),
    dev: deviceNumber(word(34), word(35)),
    inoHigh: word(9),
    inoLow: word(8),
    nlink: word(4),
    blocks: longAt(12),
    rdev: deviceNumber(word(32), word(33)),
  });
}

function word(index: number): number {
  return words[index] ?? 0;
}

/** The signed number of 8 bytes that begins with this word; those a double can't hold are none that a file has. */
function longAt(index: number): number {
  return word(index) + (word(index + 1) | 0) * 2 ** 32;
}
