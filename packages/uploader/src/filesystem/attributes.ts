import { chmodSync, fchmodSync, fchownSync, lchownSync } from 'node:fs';
import { errnoCode, errnoException } from './errno.ts';
import type { NodePath } from './path.ts';
import { type FileStat, fstat, lstat } from './stat.ts';
import { setTimesAt, setTimesOf } from './times.ts';
import { readXattrs, removeXattr, setXattr, type Xattr } from './xattr.ts';

/** What is restored besides content. */
export interface Attributes {
  /** The low 12 bits: permissions, setuid, setgid, sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Becomes the access time too, as kopia has it. */
  readonly mtimeNs: bigint;
  /** All there were, perhaps none; undefined when nobody recorded them: then those that exist stay. */
  readonly xattrs?: readonly Xattr[] | undefined;
}

/** Which attributes to apply. */
export interface AttributeOptions {
  readonly owners: boolean;
  readonly permissions: boolean;
  readonly times: boolean;
  readonly xattrs: boolean;
}

/** An attribute that is not what it should be. */
export interface AttributeProblem {
  readonly attribute: 'owner' | 'mode' | 'times' | 'xattr';
  /** Name of the extended attribute. */
  readonly name?: string;
  /** The operating system's reason (`EPERM`). */
  readonly code: string;
  /** Whether it was denied to this user or this file system, rather than having failed. */
  readonly refused: boolean;
  readonly error: unknown;
}

/** An open file, or a path whose last part is not followed. Paths serve what can't be opened to be written:
 *  directories, symbolic links, FIFOs, devices. */
export type AttributeTarget = NodePath | number;

/** Everything that was recorded. */
export const ALL_ATTRIBUTES: AttributeOptions = {
  owners: true,
  permissions: true,
  times: true,
  xattrs: true,
};

const REFUSALS: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'ENOTSUP', 'ENOSYS']);
const SET_ID_BITS = 0o6000;
const OWNER_BITS = 0o700;
const euid = process.geteuid?.() ?? 0;
const egid = process.getegid?.() ?? 0;

/** The permissions to create a file with: the final ones where that gives nobody access who shouldn't have it, so that most
 *  files need no chmod; user attributes can be set only on a file its owner may write. */
export function creationMode({ mode, uid, gid, xattrs = [] }: Attributes): number {
  const isOwn = uid === euid && gid === egid;
  return (mode & (isOwn ? 0o777 : OWNER_BITS)) | (xattrs.length > 0 ? 0o200 : 0);
}

/** Applies owner, extended attributes, mode and times, in this order: chown clears setuid and file capabilities, an ACL
 *  changes the mode, user attributes need write permission. Does only what isn't right already; stops at nothing, and returns
 *  what couldn't be done. Setuid and setgid are not given to a file whose owner couldn't be: they would mean another user. */
export function applyAttributes(
  target: AttributeTarget,
  wanted: Attributes,
  options: AttributeOptions = ALL_ATTRIBUTES,
): AttributeProblem[] {
  const problems: AttributeProblem[] = [];
  const found = typeof target === 'number' ? fstat(target) : lstat(target);
  const isOwned = hasOwner(found, wanted) || (options.owners && applyOwner(problems, target, wanted));
  if (options.xattrs && wanted.xattrs !== undefined) applyXattrs(problems, target, wanted.xattrs);
  if (options.permissions && found.kind !== 'symlink') {
    const mode = isOwned || found.kind === 'directory' ? wanted.mode : wanted.mode & ~SET_ID_BITS;
    if (mode !== wanted.mode) problems.push(problemOf('mode', errnoException('EPERM', 'chmod')));
    const mayHaveLostBits = (mode & SET_ID_BITS) !== 0 && !hasOwner(found, wanted);
    if (mode !== found.mode || mayHaveLostBits) applyMode(problems, target, mode);
  }
  if (options.times) applyTimes(problems, target, wanted.mtimeNs);
  return problems;
}

function hasOwner(found: FileStat, wanted: Attributes): boolean {
  return found.uid === wanted.uid && found.gid === wanted.gid;
}

function applyOwner(
  problems: AttributeProblem[],
  target: AttributeTarget,
  { uid, gid }: Attributes,
): boolean {
  return attempt(problems, 'owner', () => {
    if (typeof target === 'number') fchownSync(target, uid, gid);
    else lchownSync(target, uid, gid);
  });
}

function applyMode(problems: AttributeProblem[], target: AttributeTarget, mode: number): void {
  attempt(problems, 'mode', () => {
    if (typeof target === 'number') fchmodSync(target, mode);
    else chmodSync(target, mode);
  });
}

function applyTimes(problems: AttributeProblem[], target: AttributeTarget, timeNs: bigint): void {
  attempt(problems, 'times', () => {
    if (typeof target === 'number') setTimesOf(target, timeNs);
    else setTimesAt(target, timeNs);
  });
}

/** Makes the extended attributes those that are wanted. */
function applyXattrs(problems: AttributeProblem[], target: AttributeTarget, wanted: readonly Xattr[]): void {
  const found = presentXattrs(problems, target);
  if (found.length === 0 && wanted.length === 0) return;
  const present = new Map(found);
  const missing = wanted.filter(([name, value]) => present.get(name)?.equals(value) !== true);
  const names = new Set(wanted.map(([name]) => name));
  const stale = [...present.keys()].filter((name) => !names.has(name) && isRemovable(name));
  for (const name of stale) attempt(problems, 'xattr', () => removeXattr(target, name), name);
  for (const xattr of missing) attempt(problems, 'xattr', () => setXattr(target, xattr), xattr[0]);
}

function presentXattrs(problems: AttributeProblem[], target: AttributeTarget): readonly Xattr[] {
  let present: readonly Xattr[] = [];
  attempt(problems, 'xattr', () => {
    present = readXattrs(target);
  });
  return present;
}

/** What the file can have inherited from its directory or its former content. SELinux labels and `trusted.*` are the
 *  system's business where the backup has none. */
function isRemovable(name: string): boolean {
  return name.startsWith('user.') || name.startsWith('system.posix_acl_') || name === 'security.capability';
}

/** Calls `action`; a failure becomes a problem and the result false. */
function attempt(
  problems: AttributeProblem[],
  attribute: AttributeProblem['attribute'],
  action: () => void,
  name?: string,
): boolean {
  try {
    action();
    return true;
  } catch (error) {
    problems.push(problemOf(attribute, error, name));
    return false;
  }
}

/** Anything but a failed system call is a defect and goes on. */
function problemOf(
  attribute: AttributeProblem['attribute'],
  error: unknown,
  name?: string,
): AttributeProblem {
  const code = errnoCode(error);
  if (code === undefined) throw error;
  return { attribute, ...(name !== undefined && { name }), code, refused: REFUSALS.has(code), error };
}
