import { type BigIntStats, fstatSync, lstatSync } from 'node:fs';
import {
  AT_NO_AUTOMOUNT,
  AT_SYMLINK_NOFOLLOW,
  cPath,
  native,
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
  readonly ctimeNs: bigint;
  readonly uid: number;
  readonly gid: number;
  /** Device number of the file system; with `ino` the identity of a hard-linked file. */
  readonly dev: number;
  readonly ino: bigint;
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
  return native === undefined ? lstat(dir.child(name)) : statx(native, dir, name);
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

function statOf(stats: BigIntStats): FileStat {
  const mode = Number(stats.mode);
  return {
    kind: kindOfType(mode >> 12),
    mode: mode & 0o7777,
    size: Number(stats.size),
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    dev: Number(stats.dev),
    ino: stats.ino,
    nlink: Number(stats.nlink),
    blocks: Number(stats.blocks),
    rdev: Number(stats.rdev),
  };
}

const STATX_BASIC_STATS = 0x7ff;
const NANOSECONDS = 1_000_000_000n;
/** `struct statx` of linux/stat.h, seen as words of 4 and 8 bytes. */
const statxBytes = Buffer.allocUnsafeSlow(256);
const words = new Uint32Array(statxBytes.buffer);
const longs = new BigInt64Array(statxBytes.buffer);

function statx(calls: NativeCalls, dir: DirHandle, name: string): FileStat {
  const path = cPath(nodePath(checkedName(name)), 'statx');
  const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  if (calls.statx(dir.fd(), path, flags, STATX_BASIC_STATS, statxBytes) !== 0) {
    throw nativeError(calls, 'statx', dir.child(name));
  }
  const mode = statxBytes.readUInt16LE(28);
  return {
    kind: kindOfType(mode >> 12),
    mode: mode & 0o7777,
    size: Number(longs[5]),
    mtimeNs: timeAt(14),
    ctimeNs: timeAt(12),
    uid: words[5] ?? 0,
    gid: words[6] ?? 0,
    dev: deviceNumber(words[34] ?? 0, words[35] ?? 0),
    ino: BigInt.asUintN(64, longs[4] ?? 0n),
    nlink: words[4] ?? 0,
    blocks: Number(longs[6]),
    rdev: deviceNumber(words[32] ?? 0, words[33] ?? 0),
  };
}

/** The `struct statx_timestamp` whose seconds are the given word of 8 bytes. */
function timeAt(long: number): bigint {
  return (longs[long] ?? 0n) * NANOSECONDS + BigInt(words[2 * long + 2] ?? 0);
}
