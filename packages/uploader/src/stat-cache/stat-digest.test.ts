import { expect, it } from 'vitest';
import type { FileStat } from '../filesystem/stat.ts';
import { byteNameFromText } from '../snapshot/names.ts';
import { StatDigest } from './stat-digest.ts';

const FILE: FileStat = {
  kind: 'file',
  mode: 0o644,
  size: 2 ** 40 + 1,
  mtimeNs: 0n,
  mtimeSeconds: 1,
  mtimeNanos: 2,
  ctimeNs: 0n,
  ctimeSeconds: 3,
  ctimeNanos: 4,
  uid: 5,
  gid: 6,
  dev: 7,
  ino: 0n,
  inoHigh: 8,
  inoLow: 9,
  nlink: 1,
  blocks: 10,
  rdev: 0,
};

function digestOf(...files: readonly (readonly [name: string, stat: FileStat])[]): string {
  const digest = new StatDigest();
  for (const [name, stat] of files) digest.add(byteNameFromText(name), stat);
  return Buffer.from(digest.digest(Buffer.from('list'))).toString('hex');
}

it.each([
  ['kind', { kind: 'symlink' }],
  ['mode', { mode: 0o600 }],
  ['size', { size: 2 ** 41 + 1 }],
  ['mtime', { mtimeSeconds: 0 }],
  ['nanoseconds', { mtimeNanos: 0 }],
  ['ctime', { ctimeSeconds: 0 }],
  ['nanoseconds of ctime', { ctimeNanos: 0 }],
  ['owner', { uid: 0 }],
  ['group', { gid: 0 }],
  ['inode', { inoLow: 0 }],
  ['upper half of the inode', { inoHigh: 0 }],
  ['number of names', { nlink: 2 }],
  ['allocated blocks', { blocks: 0 }],
] as const)('another %s gives another digest', (_, change) => {
  expect(digestOf(['a', { ...FILE, ...change }])).not.toBe(digestOf(['a', FILE]));
});

it('the device counts for files with several names only, whose group it names', () => {
  const elsewhere = { ...FILE, dev: 0 };
  expect(digestOf(['a', elsewhere])).toBe(digestOf(['a', FILE]));
  expect(digestOf(['a', { ...elsewhere, nlink: 2 }])).not.toBe(digestOf(['a', { ...FILE, nlink: 2 }]));
});

it('names and their order count, however many and long they are', () => {
  const other = { ...FILE, inoLow: 0 };
  expect(digestOf(['a', FILE], ['b', other])).not.toBe(digestOf(['a', other], ['b', FILE]));
  expect(digestOf(['ab', FILE], ['c', FILE])).not.toBe(digestOf(['a', FILE], ['bc', FILE]));
  const many = Array.from({ length: 500 }, (_, i) => [`${'n'.repeat(250)}${i}`, FILE] as const);
  expect(digestOf(...many)).not.toBe(digestOf(...many.slice(0, -1), ['last', FILE]));
});

it('says when something has changed last', () => {
  const digest = new StatDigest();
  digest.add(byteNameFromText('a'), { ...FILE, ctimeSeconds: 50 });
  digest.add(byteNameFromText('b'), FILE);
  expect(digest.latestChange).toBe(50);
  digest.clear();
  expect(digest.latestChange).toBe(-Infinity);
});
