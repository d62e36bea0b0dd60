import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync } from 'node:fs';

import { setTimesAt } from '../../../packages/uploader/src/filesystem/times.ts';
import { setXattr, type Xattr } from '../../../packages/uploader/src/filesystem/xattr.ts';
import { at, isPrivileged, makeFile, type Place } from './place.ts';

/** Extended attributes: of each namespace, empty, many, large, with names and values of any bytes. */
export function makeXattrs(place: Place): void {
  mkdirSync(at(place, 'directory'));
  for (const name of ['one', 'odd', 'large', 'many']) makeFile(place, name);
  trySet(place, 'one', ['user.origin', Buffer.from('https://example.org/\0\xff', 'latin1')]);
  trySet(place, 'directory', ['user.kind', Buffer.from('directory')]);
  trySet(place, 'odd', ['user.\xff % %41 "\u00e9\n', Buffer.from([0, 1, 0xff])]);
  trySet(place, 'odd', ['user.empty', Buffer.alloc(0)]);
  trySet(place, 'odd', [`user.${'n'.repeat(250)}`, Buffer.from('the longest name')]);
  if (!trySet(place, 'large', ['user.large', Buffer.alloc(65_536, 'x')]))
    trySet(place, 'large', ['user.large', Buffer.alloc(3500, 'x')]);
  for (let i = 0; i < MANY; i++) if (!trySet(place, 'many', [`user.${i}`, Buffer.from(String(i))])) break;
  if (!isPrivileged) return place.note('trusted attributes and those of symbolic links');
  symlinkSync('one', at(place, 'link'));
  for (const name of ['link', 'one', 'directory'])
    trySet(place, name, ['trusted.overlay.opaque', Buffer.from('y')]);
}

/** Their names fill a list of more than half of what the kernel takes. */
const MANY = 3000;

/** Access control lists: of files and directories, and inherited ones. */
export function makeAcls(place: Place): void {
  makeFile(place, 'file');
  chmodSync(at(place, 'file'), 0o640);
  trySet(place, 'file', ['system.posix_acl_access', acl(6, 7, 4, 7, 0)]);
  mkdirSync(at(place, 'directory'));
  trySet(place, 'directory', ['system.posix_acl_access', acl(7, 5, 5, 7, 1)]);
  trySet(place, 'directory', ['system.posix_acl_default', acl(7, 6, 4, 6, 0)]);
  mkdirSync(at(place, 'directory/inherits'));
  makeFile(place, 'directory/inherits too');
  mkdirSync(at(place, 'default only'));
  trySet(place, 'default only', ['system.posix_acl_default', acl(7, 7, 7, 7, 7)]);
  makeFile(place, 'default only/inherits');
  makeFile(place, 'default only/has none');
  chmodSync(at(place, 'default only/has none'), 0o600);
}

/** The kernel's form: version 2, then tag, permissions and number for owner, user 1234, group, mask and others. */
function acl(owner: number, user: number, group: number, mask: number, others: number): Buffer {
  const NOBODY = 0xffff_ffff;
  const rows = [
    [0x01, owner, NOBODY],
    [0x02, user, 1234],
    [0x04, group, NOBODY],
    [0x10, mask, NOBODY],
    [0x20, others, NOBODY],
  ] as const;
  const bytes = Buffer.alloc(4 + rows.length * 8);
  bytes.writeUInt32LE(2);
  for (const [i, [tag, permissions, id]] of rows.entries()) {
    bytes.writeUInt16LE(tag, 4 + i * 8);
    bytes.writeUInt16LE(permissions, 6 + i * 8);
    bytes.writeUInt32LE(id, 8 + i * 8);
  }
  return bytes;
}

/** File capabilities, which a change of owner takes away. */
export function makeCapabilities(place: Place): void {
  if (!isPrivileged) return place.note('file capabilities');
  const REVISION_2_EFFECTIVE = 0x0200_0001;
  const NET_RAW = 1 << 13;
  const value = Buffer.alloc(20);
  value.writeUInt32LE(REVISION_2_EFFECTIVE);
  value.writeUInt32LE(NET_RAW, 4);
  for (const name of ['root', 'other owner']) {
    const path = makeFile(place, name);
    if (name !== 'root') chownSync(path, 1234, 4321);
    chmodSync(path, 0o755);
    trySet(place, name, ['security.capability', value]);
  }
}

/** Permissions of all kinds, also such that only root can look. */
export function makeModes(place: Place): void {
  const modes = [
    0, 0o001, 0o111, 0o222, 0o400, 0o444, 0o640, 0o755, 0o777, 0o1644, 0o2755, 0o4711, 0o6555, 0o7777,
  ];
  const readable = isPrivileged ? modes : modes.filter((mode) => (mode & 0o400) !== 0);
  for (const mode of readable) chmodSync(makeFile(place, `file-${mode.toString(8)}`), mode);
  const usable = isPrivileged ? modes : modes.filter((mode) => (mode & 0o500) === 0o500);
  for (const mode of usable) {
    const name = `directory-${mode.toString(8)}`;
    mkdirSync(at(place, name));
    makeFile(place, `${name}/inside`);
    chmodSync(at(place, name), mode);
  }
  mkdirSync(at(place, 'read-only/nested'), { recursive: true });
  makeFile(place, 'read-only/nested/file');
  for (const name of ['read-only/nested', 'read-only']) chmodSync(at(place, name), 0o555);
}

/** Owners by number, whether or not they have names, also of what keeps setuid, and of links. */
export function makeOwners(place: Place): void {
  if (!isPrivileged) return place.note('owners');
  const LARGEST = 0xffff_fffe;
  for (const [uid, gid] of [
    [0, 1234],
    [1234, 0],
    [65534, 65534],
    [LARGEST, LARGEST],
  ] as const) {
    const path = makeFile(place, `file-${uid}-${gid}`);
    chownSync(path, uid, gid);
    chmodSync(path, 0o6755);
    mkdirSync(at(place, `directory-${uid}-${gid}`));
    chownSync(at(place, `directory-${uid}-${gid}`), uid, gid);
    symlinkSync('nowhere', at(place, `link-${uid}-${gid}`));
    lchownSync(at(place, `link-${uid}-${gid}`), uid, gid);
  }
}

/** Times to the nanosecond, far before and far after what 32 bits hold; of files, links and directories. */
export function makeTimes(place: Place): void {
  for (const [name, time] of Object.entries(TIMES)) {
    makeFile(place, `file ${name}`);
    symlinkSync('nowhere', at(place, `link ${name}`));
    mkdirSync(at(place, `directory ${name}`));
    for (const kind of ['file', 'link', 'directory']) setTimesAt(at(place, `${kind} ${name}`), time);
  }
}

/** Nanoseconds; ext4 ends with the year 2446. */
const TIMES: Readonly<Record<string, bigint>> = {
  'of 1901': -2_147_483_648_000_000_000n,
  'before 1970': -1n,
  'at 1970': 0n,
  'of nanoseconds': 1_234_567_890_123_456_789n,
  'before 2038': 2_147_483_647_999_999_999n,
  'after 2038': 2_147_483_648_000_000_001n,
  'after 2106': 4_294_967_296_000_000_001n,
  'of 2400': 13_569_465_600_000_000_001n,
};

/** Notes what the file system refuses. */
function trySet(place: Place, name: string, xattr: Xattr): boolean {
  try {
    setXattr(at(place, name), xattr);
    return true;
  } catch (error) {
    place.note(`${xattr[0]} of ${xattr[1].length} bytes: ${error instanceof Error ? error.message : ''}`);
    return false;
  }
}
