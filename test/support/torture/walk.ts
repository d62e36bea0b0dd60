/* Prints a line for everything below a directory: `node walk.ts DIRECTORY`. It goes there step by step, with names of the
 * directory it is in, so that no path is too long; nothing but the attributes is read by the code under test. */
import { createHash } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';

import { readXattrs } from '../../../packages/uploader/src/filesystem/xattr.ts';

const [, , root = '.'] = process.argv;
const buffer = Buffer.alloc(1 << 20);
/** Number of each inode with several names, in the order they are met. */
const groups = new Map<bigint, number>();

enter(Buffer.from(root));
process.stdout.write(`${describe(Buffer.from('.'), '.')}\n`);
visitChildren('.');

function visitChildren(path: string): void {
  const names = readdirSync('.', { encoding: 'buffer' }).sort((a, b) => a.compare(b));
  for (const name of names) {
    const shown = `${path}/${name.toString('latin1')}`;
    const line = describe(name, shown);
    process.stdout.write(`${line}\n`);
    if (!line.startsWith('d')) continue;
    enter(name);
    visitChildren(shown);
    process.chdir('..');
  }
}

/** `chdir` takes text only; a descriptor gives names of any bytes one. */
function enter(name: Buffer): void {
  const fd = openSync(name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  process.chdir(`/proc/self/fd/${fd}`);
  closeSync(fd);
}

function describe(name: Buffer, shown: string): string {
  const stat = lstatSync(name, { bigint: true });
  const { mode, uid, gid, mtimeNs, nlink, ino, rdev, size } = stat;
  const isDirectory = stat.isDirectory();
  const common = [mode.toString(8), uid, gid, mtimeNs, rdev];
  const links = isDirectory || nlink === 1n ? '' : `${nlink} names, group ${groupOf(ino)}`;
  const content = stat.isSymbolicLink()
    ? readlinkSync(name, 'latin1')
    : stat.isFile()
      ? `${size} ${hash(name)}`
      : '';
  const xattrs = readXattrs(name).map(([attribute, value]) => `${attribute}=${value.toString('hex')}`);
  return JSON.stringify([shown, ...common.map(String), links, content, ...xattrs]).replace(
    /^/,
    isDirectory ? 'd' : '-',
  );
}

function groupOf(ino: bigint): number {
  const known = groups.get(ino) ?? groups.size;
  groups.set(ino, known);
  return known;
}

function hash(name: Buffer): string {
  const sum = createHash('sha256');
  const fd = openSync(name, 'r');
  for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer))
    sum.update(buffer.subarray(0, count));
  closeSync(fd);
  return sum.digest('hex');
}
