import { linkSync, lutimesSync, mkdirSync, symlinkSync } from 'node:fs';

import { makeSpecial } from '../../../packages/uploader/src/filesystem/entries.ts';
import { deviceNumber } from '../../../packages/uploader/src/filesystem/stat.ts';
import { at, isPrivileged, makeFile, type Place } from './place.ts';

/** Name of the socket: a backup leaves it out, and so must a comparison. */
export const SOCKET = 'socket';

/** The longest target the kernel takes. */
const LONGEST_TARGET = 4095;

/** One of each kind of entry, and links between directories. */
export function makeKinds(place: Place): void {
  makeFile(place, 'regular');
  makeFile(place, 'empty', '');
  makeFile(place, 'binary', Array.from({ length: 70_000 }, (_, i) => String.fromCharCode(i & 255)).join(''));
  makeSymlinks(place);
  makeSpecial({ kind: 'fifo', rdev: 0 }, at(place, 'fifo'), false);
  makeSpecial({ kind: 'socket', rdev: 0 }, at(place, SOCKET), false);
  if (!isPrivileged) return place.note('devices');
  for (const [major, minor] of DEVICES) {
    const rdev = deviceNumber(major, minor);
    makeSpecial({ kind: 'character', rdev }, at(place, `char-${major}-${minor}`), false);
    makeSpecial({ kind: 'block', rdev }, at(place, `block-${major}-${minor}`), false);
  }
}

/** The largest numbers have 12 and 20 bits. */
const DEVICES = [
  [1, 3],
  [259, 257],
  [4095, 0xfffff],
] as const;

function makeSymlinks(place: Place): void {
  symlinkSync('regular', at(place, 'link'));
  symlinkSync('nowhere at all', at(place, 'dangling'));
  symlinkSync('.', at(place, 'loop'));
  symlinkSync('itself', at(place, 'itself'));
  symlinkSync('/', at(place, 'root'));
  symlinkSync(Buffer.from('\xff\xfe not UTF-8', 'latin1'), at(place, 'bytes'));
  symlinkSync(Buffer.from('a/'.repeat(LONGEST_TARGET).slice(0, LONGEST_TARGET)), at(place, 'longest'));
  for (const name of ['link', 'dangling', 'longest']) lutimesSync(at(place, name), 1, 1);
}

/** Files, symbolic links and special files with several names, in several directories, before and after each other. */
export function makeHardLinks(place: Place): void {
  for (const name of ['a', 'b', 'b/deeper', 'z']) mkdirSync(at(place, name));
  makeFile(place, 'b/file', 'one file, five names');
  for (const name of ['a/first', 'b/deeper/third', 'z/last', 'top'])
    linkSync(at(place, 'b/file'), at(place, name));
  makeFile(place, 'z/empty', '');
  linkSync(at(place, 'z/empty'), at(place, 'a/empty'));
  symlinkSync('file', at(place, 'b/symlink'));
  linkSync(at(place, 'b/symlink'), at(place, 'z/same symlink'));
  makeSpecial({ kind: 'fifo', rdev: 0 }, at(place, 'a/fifo'), false);
  linkSync(at(place, 'a/fifo'), at(place, 'z/same fifo'));
  makeFile(place, 'many-0', 'a file of a hundred names');
  for (let i = 1; i < 100; i++) linkSync(at(place, 'many-0'), at(place, `b/many-${i}`));
}
