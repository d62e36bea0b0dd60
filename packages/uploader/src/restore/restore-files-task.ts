import { closeSync, fsyncSync, unlinkSync } from 'node:fs';

import {
  applyAttributes,
  type AttributeOptions,
  type Attributes,
  creationMode,
} from '../filesystem/attributes.ts';
import { makeSpecial, makeSymlink } from '../filesystem/entries.ts';
import { errnoCode } from '../filesystem/errno.ts';
import { type DirHandle, displayPath, openDirHandle, type NodePath } from '../filesystem/path.ts';
import { sparseBlockSize } from '../filesystem/sparse.ts';
import { deviceNumber } from '../filesystem/stat.ts';
import {
  createFile,
  type CreateOptions,
  createTemporary,
  moveIntoPlace,
  setSize,
  type TemporaryFile,
} from '../filesystem/write.ts';
import { childPath } from '../backup/failures.ts';
import { type DirectoryEntry, nameOnDisk } from '../snapshot/entry.ts';
import type { SpecialFile } from '../snapshot/specials.ts';
import type { FailedEntry } from '../snapshot/summary.ts';
import type { ThreadContext } from '../threads/thread-context.ts';
import { AttributeReports } from './attribute-reports.ts';
import { readParts } from './content-batch.ts';
import { looksLike } from './looks-like.ts';
import { mayReplace } from './may-replace.ts';
import { holePlan, writeAroundHoles } from './hole-plan.ts';
import type { FilePart, FileToRestore, RestoreFilesReply, RestoreFilesTask, WriteRules } from './tasks.ts';

/** Writes files of one directory. A file that fails is removed again and reported; the others are not affected. */
export function restoreFiles(context: ThreadContext, task: RestoreFilesTask): RestoreFilesReply {
  const directory = openDirHandle(task.directory);
  try {
    return new FilesRestore(context, directory, task).run();
  } finally {
    directory.close();
  }
}

/** A file on its way. */
interface OpenTarget {
  readonly file: FileToRestore;
  fd: number;
  readonly temporary: TemporaryFile | undefined;
  missing: number;
}

class FilesRestore {
  readonly #context: ThreadContext;
  readonly #directory: DirHandle;
  readonly #task: RestoreFilesTask;
  readonly #failed = new Map<string, FailedEntry>();
  readonly #problems = new AttributeReports();
  readonly #targets = new Map<FileToRestore, OpenTarget>();
  #blockSize = 0;

  constructor(context: ThreadContext, directory: DirHandle, task: RestoreFilesTask) {
    this.#context = context;
    this.#directory = directory;
    this.#task = task;
  }

  run(): RestoreFilesReply {
    const wanted = this.#task.files.filter((file) => !this.#isAlreadyThere(file.entry));
    for (const file of wanted) if (file.parts.length === 0) this.#attempt(file, () => this.#writeEmpty(file));
    const parts = wanted.flatMap((file) => file.parts.map((part) => ({ part, owner: file })));
    readParts(
      this.#context,
      parts,
      (file, part, bytes) => this.#attempt(file, () => this.#writePart(file, part, bytes)),
      (file, error) => this.#fail(file, error),
    );
    for (const special of this.#task.specials) this.#makeSpecial(special);
    return { kind: 'restoreFiles', failed: [...this.#failed.values()], problems: this.#problems.list() };
  }

  #isAlreadyThere(entry: DirectoryEntry): boolean {
    if (!this.#task.rules.skipExisting || !looksLike(entry, this.#path(entry))) return false;
    this.#context.counters.add('skippedFiles', 1);
    return true;
  }

  #writeEmpty(file: FileToRestore): void {
    if (file.entry.type === 's') return this.#makeLink(file, '');
    this.#finish(file, this.#open(file));
  }

  #writePart(file: FileToRestore, part: FilePart, bytes: Uint8Array): void {
    if (this.#failed.has(file.entry.name)) return;
    if (file.entry.type === 's') return this.#makeLink(file, Buffer.from(bytes).toString('latin1'));
    const target = this.#targets.get(file) ?? this.#open(file);
    this.#write(file, target.fd, bytes, part.start);
    target.missing--;
    this.#context.counters.add('restoredBytes', bytes.length);
    if (target.missing <= 0) this.#finish(file, target);
    else this.#targets.set(file, target);
  }

  #write(file: FileToRestore, fd: number, bytes: Uint8Array, position: number): void {
    const { rules, holesAreRecorded } = this.#task;
    const plan = holePlan(file.entry, { sparse: rules.sparse, holesAreRecorded });
    writeAroundHoles(fd, bytes, position, plan, () => this.#holeSize());
  }

  #holeSize(): number {
    return (this.#blockSize ||= sparseBlockSize(this.#directory.self()));
  }

  #open(file: FileToRestore): OpenTarget {
    const { rules } = this.#task;
    const path = this.#path(file.entry);
    const options = createOptions(file.entry, path, rules);
    const temporary = rules.atomic ? createTemporary(this.#directory, options.mode) : undefined;
    const fd = temporary?.fd ?? createFile(path, options);
    const target = { file, fd, temporary, missing: file.parts.length };
    this.#targets.set(file, target);
    return target;
  }

  #finish(file: FileToRestore, target: OpenTarget): void {
    if (needsSize(file)) setSize(target.fd, file.entry.size);
    this.#applyAttributes(target.fd, file.entry);
    if (this.#task.rules.flush) fsyncSync(target.fd);
    this.#targets.delete(file);
    closeSync(target.fd);
    const path = this.#path(file.entry);
    if (target.temporary !== undefined)
      moveIntoPlace(target.temporary, path, mayReplace(path, this.#task.rules));
    this.#context.counters.add('restoredFiles', 1);
  }

  #makeLink(file: FileToRestore, target: string): void {
    const path = this.#path(file.entry);
    makeSymlink(target, path, this.#task.rules.overwriteSymlinks);
    this.#applyAttributes(path, file.entry);
    this.#context.counters.add('restoredFiles', 1);
  }

  #makeSpecial(special: SpecialFile): void {
    const name = special.extra?.rawName ?? special.name;
    try {
      const path = this.#directory.child(name);
      const kind = special.type === 'char' ? 'character' : special.type;
      const rdev =
        special.device === undefined ? 0 : deviceNumber(special.device.major, special.device.minor);
      makeSpecial({ kind, rdev }, path, mayReplace(path, this.#task.rules));
      this.#applyAttributes(path, special);
    } catch (error) {
      const code = errnoCode(error) ?? '';
      const isRefused = special.device !== undefined && isMknod(error) && REFUSALS.has(code);
      if (!isRefused || !this.#task.rules.ignorePermissionErrors)
        this.#failed.set(special.name, this.#failure(name, error));
      else this.#problems.merge({ attribute: 'device', code, count: 1, example: this.#pathOf(name) });
    }
  }

  #applyAttributes(target: NodePath | number, entry: AttributeSource): void {
    const options = attributeOptions(this.#task.rules);
    for (const problem of applyAttributes(target, attributesOf(entry), options)) {
      if (!this.#task.rules.ignorePermissionErrors) throw problem.error;
      this.#problems.add(problem, this.#pathOf(entry.extra?.rawName ?? entry.name));
    }
  }

  #attempt(file: FileToRestore, step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fail(file, error);
    }
  }

  /** Reports a file and takes away what there is of it: half a file must not look like a whole one. */
  #fail(file: FileToRestore, error: unknown): void {
    const { entry } = file;
    const target = this.#targets.get(file);
    this.#targets.delete(file);
    if (this.#failed.has(entry.name)) return;
    this.#failed.set(entry.name, this.#failure(nameOnDisk(entry), error));
    this.#context.counters.add('failedFiles', 1);
    if (target === undefined) return;
    closeSync(target.fd);
    unlinkSync(target.temporary?.path ?? this.#path(entry));
  }

  #failure(name: string, error: unknown): FailedEntry {
    return { path: this.#pathOf(name), error: error instanceof Error ? error.message : String(error) };
  }

  #path(entry: DirectoryEntry): NodePath {
    return this.#directory.child(nameOnDisk(entry));
  }

  #pathOf(name: string): string {
    return displayPath(childPath(this.#task.relativePath, name));
  }
}

/** How systems refuse device nodes to who is not privileged. */
const REFUSALS: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'ENOTSUP', 'ENOSYS']);

function isMknod(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'mknod';
}

/** Blocks of zeros in smaller files are written. */
const SMALLEST_BLOCK = 4096;
const PRIVATE_FILE = 0o600;

type AttributeSource = Pick<DirectoryEntry, 'name' | 'mode' | 'uid' | 'gid' | 'mtimeNs' | 'extra'>;

/** Attributes to apply, as recorded. */
export function attributesOf({ mode, uid, gid, mtimeNs, extra }: AttributeSource): Attributes {
  const xattrs = extra?.xattrs?.map(({ name, value }) => [name, Buffer.from(value)] as const);
  return { mode, uid, gid, mtimeNs, xattrs };
}

/** How a file comes into being. Without the snapshot's modes it is its owner's only, as kopia has it, and one that exists
 *  keeps its mode. Source: kopia snapshot/restore/local_fs_output.go (write). */
export function createOptions(entry: AttributeSource, path: NodePath, rules: WriteRules): CreateOptions {
  const { skipPermissions } = rules;
  const mode = skipPermissions ? PRIVATE_FILE : creationMode(attributesOf(entry));
  return { mode, overwrite: mayReplace(path, rules), keepsMode: skipPermissions };
}

/** Which of them the rules let through. */
export function attributeOptions(rules: RestoreFilesTask['rules']): AttributeOptions {
  return {
    owners: !rules.skipOwners,
    permissions: !rules.skipPermissions,
    times: !rules.skipTimes,
    xattrs: true,
  };
}

/** Whether the end of a file may be a hole, or was never written. */
function needsSize({ entry, parts }: FileToRestore): boolean {
  return parts.length !== 1 || entry.size >= SMALLEST_BLOCK || entry.extra?.holes !== undefined;
}
