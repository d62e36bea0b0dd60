import { createHash } from 'node:crypto';
import { type BigIntStats, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What a directory tree holds, one line an entry: type, permissions, size, time, data, target, path. */
export type Listing = readonly string[];

/** Reads a tree with nothing but Node's own functions. Leaves out what the tools restore differently: times of
 *  directories, which kopia sets to the latest below them, and those of links, which it cuts to microseconds. */
export function listTree(root: string): Listing {
  return [...linesBelow(root, '')];
}

/** Names a listing in few letters. */
export function digestOf(listing: Listing): string {
  return createHash('sha256').update(listing.join('\n')).digest('hex');
}

/** Lines of one listing that the other lacks, both ways. */
export function differencesBetween(expected: Listing, actual: Listing): string[] {
  const [want, is] = [new Set(expected), new Set(actual)];
  return [
    ...expected.filter((line) => !is.has(line)).map((line) => `expected ${line}`),
    ...actual.filter((line) => !want.has(line)).map((line) => `found ${line}`),
  ];
}

function* linesBelow(root: string, path: string): Generator<string> {
  const full = join(root, path);
  const stats = lstatSync(full, { bigint: true });
  yield `${describe(full, stats)} ${path}`;
  if (stats.isDirectory())
    for (const name of readdirSync(full).sort()) yield* linesBelow(root, join(path, name));
}

function describe(path: string, stats: BigIntStats): string {
  if (stats.isSymbolicLink()) return `link ${readlinkSync(path)}`;
  const mode = (Number(stats.mode) & 0o7777).toString(8);
  if (stats.isDirectory()) return `directory ${mode}`;
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  return `file ${mode} ${stats.size} ${stats.mtimeNs} ${sha256}`;
}
