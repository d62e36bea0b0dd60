import { createHash } from 'node:crypto';
import { type BigIntStats, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { ExpectedEntry } from './expected.ts';

/** What to leave out of a comparison. */
export interface CompareOptions {
  /** Paths whose data is known to be damaged: they may be absent, but must not look whole. */
  readonly failing?: ReadonlySet<string>;
  /** False where the process may not set owners; the default is whether it runs as root. */
  readonly owners?: boolean;
}

/** Every way in which the restored directory at `root` differs from `entries`; empty when it is exact.
 *  Compares type, permissions, owner, modification time to the nanosecond, size, SHA-256 and link target. */
export function compareTree(
  entries: readonly ExpectedEntry[],
  root: string,
  options: CompareOptions = {},
): string[] {
  const expected = new Map(entries.map((entry) => [entry.path, entry]));
  const owners = options.owners ?? process.getuid?.() === 0;
  const differences = [...expected.values()].flatMap((entry) => {
    const path = join(root, entry.path);
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (entry.error !== undefined || options.failing?.has(entry.path)) return compareDamaged(entry, stats);
    if (!stats) return [`${entry.path}: missing`];
    return compareEntry(entry, path, stats, owners).map((difference) => `${entry.path}: ${difference}`);
  });
  return [...differences, ...unexpectedPaths(root, expected)];
}

type Attribute = string | number | bigint | undefined;

function compareEntry(entry: ExpectedEntry, path: string, stats: BigIntStats, owners: boolean): string[] {
  const type = typeOf(stats);
  if (type !== entry.type) return [`is a ${type}, not a ${entry.type}`];
  const pairs: [what: string, is: Attribute, want: Attribute][] = [];
  if (owners) pairs.push(['owner', `${stats.uid}:${stats.gid}`, `${entry.uid}:${entry.gid}`]);
  if (!entry.mtimeOmitted) pairs.push(['mtime', stats.mtimeNs, parseNanoseconds(entry.mtime)]);
  if (type === 'symlink') pairs.push(['target', readlinkSync(path), entry.target]);
  else pairs.push(['mode', permissionsOf(stats), Number.parseInt(entry.mode, 8).toString(8)]);
  if (type === 'file')
    pairs.push(['size', Number(stats.size), entry.size ?? 0], ['sha256', sha256(path), entry.sha256]);
  return pairs
    .filter(([, is, want]) => is !== want)
    .map(([what, is, want]) => `${what} is ${is}, not ${want}`);
}

function compareDamaged(entry: ExpectedEntry, stats: BigIntStats | undefined): string[] {
  const looksWhole = entry.type === 'file' && !!stats?.size && Number(stats.size) === entry.size;
  return looksWhole ? [`${entry.path}: restored at full size although damaged`] : [];
}

function unexpectedPaths(root: string, expected: ReadonlyMap<string, ExpectedEntry>): string[] {
  return pathsBelow(root)
    .map((path) => relative(root, path))
    .filter((path) => !expected.has(path))
    .map((path) => `${path}: not expected`);
}

/** Everything below a directory. Node's own recursion goes through symbolic links, which may lead anywhere. */
function pathsBelow(directory: string): string[] {
  if (lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  const paths = readdirSync(directory).map((name) => join(directory, name));
  return paths.flatMap((path) => [path, ...pathsBelow(path)]);
}

function typeOf(stats: BigIntStats): string {
  if (stats.isDirectory()) return 'dir';
  if (stats.isSymbolicLink()) return 'symlink';
  return stats.isFile() ? 'file' : 'special file';
}

function permissionsOf(stats: BigIntStats): string {
  return (Number(stats.mode) & 0o7777).toString(8);
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Nanoseconds since the Unix epoch of an RFC 3339 time in UTC. */
export function parseNanoseconds(time: string): bigint {
  const [seconds = '', fraction = ''] = time.replace(/Z$/, '').split('.');
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}
