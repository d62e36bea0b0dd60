import { closeSync, unlinkSync } from 'node:fs';

import { applyAttributes, creationMode } from '../filesystem/attributes.ts';
import { openDirHandle } from '../filesystem/path.ts';
import { createFile, setSize } from '../filesystem/write.ts';
import { type DirectoryEntry, nameOnDisk } from '../snapshot/entry.ts';
import { Flow } from '../threads/flow.ts';
import { holePlan } from './hole-plan.ts';
import { pathIn } from './file-batches.ts';
import type { DirectoryInProgress } from './restore-directory.ts';
import { attributeOptions, attributesOf } from './restore-files-task.ts';
import type { RestoreContext } from './restore-context.ts';
import type { FilePart } from './tasks.ts';

/** Bytes of one task: a few contents, written in any order by any worker. */
const TASK_BYTES = 8 << 20;
const TASKS_AT_ONCE = 8;

/** Restores one large file with all workers. When a part fails the file is removed and reported. */
export async function restoreLargeFile(
  context: RestoreContext,
  directory: DirectoryInProgress,
  entry: DirectoryEntry,
  parts: AsyncIterable<FilePart>,
): Promise<void> {
  const handle = openDirHandle(directory.path);
  const name = nameOnDisk(entry);
  try {
    const path = handle.child(name);
    const mode = creationMode(attributesOf(entry));
    const fd = createFile(path, { mode: mode | 0o200, overwrite: context.options.overwriteFiles });
    try {
      setSize(fd, entry.size);
      await writeParts(context, directory, entry, parts);
      const problems = applyAttributes(fd, attributesOf(entry), attributeOptions(context.options));
      for (const problem of problems) context.problems.add(problem, pathIn(directory, name));
      context.pool.mainCounters.add('restoredFiles', 1);
    } catch (error) {
      unlinkSync(path);
      throw error;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    context.signal?.throwIfAborted();
    context.fail(pathIn(directory, name), error);
  } finally {
    handle.close();
  }
}

async function writeParts(
  context: RestoreContext,
  directory: DirectoryInProgress,
  entry: DirectoryEntry,
  parts: AsyncIterable<FilePart>,
): Promise<void> {
  const flow = new Flow(TASKS_AT_ONCE);
  const name = nameOnDisk(entry);
  const { holesAreRecorded } = context;
  const holes = holePlan(entry, { sparse: context.options.sparse, holesAreRecorded });
  for await (const group of groupsOf(parts)) {
    await flow.start(async () => {
      await context.pool.run(
        { kind: 'restoreParts', directory: directory.path, name, parts: group, holes },
        { isUrgent: true },
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
