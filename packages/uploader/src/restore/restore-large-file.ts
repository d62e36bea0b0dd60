import { closeSync, fsync, unlinkSync } from 'node:fs';
import { promisify } from 'node:util';

import { applyAttributes } from '../filesystem/attributes.ts';
import { type DirHandle, openDirHandle } from '../filesystem/path.ts';
import {
  createFile,
  createTemporary,
  moveIntoPlace,
  setSize,
  type TemporaryFile,
} from '../filesystem/write.ts';
import { type DirectoryEntry, nameOnDisk } from '../snapshot/entry.ts';
import { Flow } from '../threads/flow.ts';
import { looksLike } from './looks-like.ts';
import { mayReplace } from './may-replace.ts';
import { holePlan } from './hole-plan.ts';
import { pathIn } from './file-batches.ts';
import type { DirectoryInProgress } from './restore-directory.ts';
import { attributeOptions, attributesOf, createOptions } from './restore-files-task.ts';
import type { RestoreContext } from './restore-context.ts';
import type { FilePart } from './tasks.ts';

/** Bytes of one task: a few contents, written in any order by any worker. */
const TASK_BYTES = 8 << 20;
const TASKS_AT_ONCE = 8;

const fsyncAsync = promisify(fsync);

/** Restores one large file with all workers. When a part fails the file is removed and reported; when the restore is
 *  interrupted it is removed too. */
export async function restoreLargeFile(
  context: RestoreContext,
  directory: DirectoryInProgress,
  entry: DirectoryEntry,
  parts: AsyncIterable<FilePart>,
): Promise<void> {
  const handle = openDirHandle(directory.path);
  const name = nameOnDisk(entry);
  try {
    context.signal?.throwIfAborted();
    const path = handle.child(name);
    if (context.options.skipExisting && looksLike(entry, path))
      return context.pool.mainCounters.add('skippedFiles', 1);
    const target = openTarget(context, handle, entry);
    try {
      setSize(target.fd, entry.size);
      await writeParts(context, directory, { entry, name: target.name }, parts);
      applyAll(context, directory, entry, target.fd);
      if (context.options.flush) await fsyncAsync(target.fd);
    } catch (error) {
      unlinkSync(handle.child(target.name));
      throw error;
    } finally {
      closeSync(target.fd);
    }
    if (target.temporary !== undefined)
      moveIntoPlace(target.temporary, path, mayReplace(path, context.options));
    context.pool.mainCounters.add('restoredFiles', 1);
  } catch (error) {
    context.signal?.throwIfAborted();
    context.fail(pathIn(directory, name), error);
  } finally {
    handle.close();
  }
}

/** The file that is written. */
interface Target {
  readonly fd: number;
  /** Its name until it is complete. */
  readonly name: string;
  readonly temporary: TemporaryFile | undefined;
}

function openTarget({ options }: RestoreContext, handle: DirHandle, entry: DirectoryEntry): Target {
  const name = nameOnDisk(entry);
  const how = createOptions(entry, handle.child(name), options);
  // Workers open it again, by its name, to write.
  const mode = how.mode | 0o200;
  if (!options.atomic)
    return { fd: createFile(handle.child(name), { ...how, mode }), name, temporary: undefined };
  const temporary = createTemporary(handle, mode);
  const path = temporary.path.toString('latin1');
  return { fd: temporary.fd, name: path.slice(path.lastIndexOf('/') + 1), temporary };
}

function applyAll(
  { options, problems }: RestoreContext,
  directory: DirectoryInProgress,
  entry: DirectoryEntry,
  fd: number,
): void {
  for (const problem of applyAttributes(fd, attributesOf(entry), attributeOptions(options))) {
    if (!options.ignorePermissionErrors) throw problem.error;
    problems.add(problem, pathIn(directory, nameOnDisk(entry)));
  }
}

async function writeParts(
  context: RestoreContext,
  directory: DirectoryInProgress,
  { entry, name }: { readonly entry: DirectoryEntry; readonly name: string },
  parts: AsyncIterable<FilePart>,
): Promise<void> {
  const flow = new Flow(TASKS_AT_ONCE);
  const { holesAreRecorded } = context;
  const holes = holePlan(entry, { sparse: context.options.sparse, holesAreRecorded });
  for await (const group of groupsOf(parts)) {
    await flow.start(async () => {
      await context.tasks.run(
        { kind: 'restoreParts', directory: directory.path, name, parts: group, holes },
        { isUrgent: true, signal: context.signal },
      );
    });
  }
  await flow.finish();
}

async function* groupsOf(parts: AsyncIterable<FilePart>): AsyncGenerator<readonly FilePart[]> {
  let group: FilePart[] = [];
  let bytes = 0;
  for await (const part of parts) {
    group.push(part);
    bytes += part.length ?? TASK_BYTES;
    if (bytes < TASK_BYTES) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield group;
}
