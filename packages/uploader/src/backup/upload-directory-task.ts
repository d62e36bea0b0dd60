import { enterDirectory, type IgnoreScope } from '../ignore/scope.ts';
import { type DirHandle, openDirHandle } from '../filesystem/path.ts';
import type { FileStat } from '../filesystem/stat.ts';
import type { ByteName } from '../snapshot/names.ts';
import { EMPTY_TOTALS } from '../snapshot/totals.ts';
import { visibleNames } from '../snapshot/visible-names.ts';
import type { ThreadContext } from '../threads/thread-context.ts';
import { packError } from '../threads/thread-error.ts';
import { directoryExtra, directoryReply } from './directory-reply.ts';
import { type DirectoryScan, scanDirectory } from './directory-scan.ts';
import { entryExtra } from './entry-extra.ts';
import { type UploadedEntries, uploadEntries } from './entries-upload.ts';
import { absoluteChild, childPath, isFileSystemError } from './failures.ts';
import { unpackNames } from './packed-names.ts';
import { placeholderDirectories } from './placeholder-directories.ts';
import { openPrevious, type PreviousDirectory } from './previous-directory.ts';
import { DecodedFiles } from './previous-files.ts';
import type {
  DirectoryReply,
  DirectoryTask,
  FilesReply,
  FilesTask,
  FoundDirectory,
  SiblingsReply,
  SiblingsTask,
} from './tasks.ts';

/** A directory with more files than this is listed first and its files are uploaded by further tasks. */
const FILES_AT_ONCE = 2048;
/** One task goes into subdirectories until it has made this much effort, and leaves the others to further tasks: messages
 *  cost more than small directories do, but the other workers want work too. 20 ms. */
const EFFORT_A_TASK = 2048;
/** And so many levels down: an answer nested thousands deep can't be taken from a message. */
const LEVELS_A_TASK = 64;

/** Lists a directory and uploads its files unless they are many, and the directories below it as far as a task goes.
 *  Throws what listing the directory throws. */
export async function uploadDirectory(context: ThreadContext, task: DirectoryTask): Promise<DirectoryReply> {
  return await uploadBelow(context, task, fullBudget());
}

/** Does directories of one parent one after the other, as far as a task goes. */
export async function uploadSiblings(context: ThreadContext, task: SiblingsTask): Promise<SiblingsReply> {
  const { parent, found } = task;
  const visited = await uploadFound(context, { task: parent, scope: parent.scope, found }, fullBudget());
  return { kind: 'siblings', replies: visited.map(({ reply }) => reply) };
}

/** What is left of a task. */
interface Budget {
  effort: number;
  levels: number;
}

function fullBudget(): Budget {
  return { effort: EFFORT_A_TASK, levels: LEVELS_A_TASK };
}

async function uploadBelow(
  context: ThreadContext,
  task: DirectoryTask,
  budget: Budget,
): Promise<DirectoryReply> {
  const directory = openDirHandle(task.path);
  try {
    const scan = scanDirectory(directory, task, FILES_AT_ONCE);
    context.counters.add('excludedFiles', scan.excluded.names.length);
    context.counters.add('excludedDirectories', scan.excluded.directories.length);
    const standIns = visibleNames(namesOf(scan));
    const isPostponed = scan.packed !== undefined;
    const wanted = scan.directories.map(({ name }) => name);
    if (!isPostponed) wanted.push(...scan.names);
    const previous = await openPrevious(context, task.previous, wanted);
    const files = isPostponed
      ? NOTHING
      : await uploadEntries(context, directory, {
          ...task,
          isWhole: true,
          names: scan.names,
          visibleNames: standIns,
          previous: previous.files,
        });
    const place = { handle: directory, path: task.path };
    const shallow = await placeholderDirectories(context, place, scan, task.relativePath);
    const found = scan.directories.flatMap(({ name, stat }) =>
      shallow.names.has(name)
        ? []
        : [foundDirectory(directory, { name, visibleName: standIns.get(name) ?? name, stat }, previous)],
    );
    directory.close();
    budget.effort -= 1 + wanted.length + files.readingEffort;
    const below = task.isUniform
      ? await uploadFound(context, { task, scope: scan.scope, found }, budget)
      : found;
    const failed = [...scan.failed, ...shallow.failed];
    const all = [...below, ...shallow.found];
    return directoryReply(context, { task, scan: { ...scan, failed }, files, standIns, found: all });
  } finally {
    directory.close();
  }
}

/** Goes into subdirectories as long as the budget lasts. One that can't be listed is left for a task of its own to fail at. */
async function uploadFound(
  context: ThreadContext,
  parent: {
    readonly task: DirectoryTask;
    readonly scope: IgnoreScope;
    readonly found: readonly FoundDirectory[];
  },
  budget: Budget,
): Promise<readonly FoundDirectory[]> {
  if (budget.levels === 0) return parent.found;
  const visited: FoundDirectory[] = [];
  budget.levels--;
  for (const found of parent.found) {
    const task = childTask(parent.task, parent.scope, found);
    const isToEnter = budget.effort > 0 && found.error === undefined;
    const reply = isToEnter ? await uploadIfReadable(context, task, budget) : undefined;
    visited.push(reply === undefined ? found : { ...found, reply });
  }
  budget.levels++;
  return visited;
}

async function uploadIfReadable(
  context: ThreadContext,
  task: DirectoryTask,
  budget: Budget,
): Promise<DirectoryReply | undefined> {
  try {
    return await uploadBelow(context, task, budget);
  } catch (error) {
    if (!isFileSystemError(error)) throw error;
    return undefined;
  }
}

/** The task for a directory below one whose policy holds for all below it. */
function childTask(parent: DirectoryTask, scope: IgnoreScope, found: FoundDirectory): DirectoryTask {
  return {
    ...parent,
    path: absoluteChild(parent.path, found.name),
    relativePath: childPath(parent.relativePath, found.name),
    attributes: found.attributes,
    scope: enterDirectory(scope, found.name),
    previous: found.previous,
  };
}

/** Uploads some files of a directory. */
export async function uploadFiles(context: ThreadContext, task: FilesTask): Promise<FilesReply> {
  const directory = openDirHandle(task.path);
  try {
    const previous = new DecodedFiles(task.previous);
    const {
      specials,
      readingEffort: _,
      ...uploaded
    } = await uploadEntries(context, directory, {
      ...task,
      isWhole: false,
      previous,
    });
    return { kind: 'files', ...uploaded, extra: directoryExtra(specials) };
  } finally {
    directory.close();
  }
}

/** All names of a directory, for iterating more than once. */
function namesOf({ names, packed, directories }: DirectoryScan): Iterable<ByteName> {
  return {
    *[Symbol.iterator]() {
      yield* packed === undefined ? names : unpackNames(packed);
      for (const { name } of directories) yield name;
    },
  };
}

const NOTHING: UploadedEntries = {
  pieces: [],
  totals: EMPTY_TOTALS,
  failed: [],
  changed: [],
  specials: [],
  readingEffort: 0,
};

function foundDirectory(
  parent: DirHandle,
  { name, visibleName, stat }: { name: ByteName; visibleName: ByteName; stat: FileStat },
  { directories }: PreviousDirectory,
): FoundDirectory {
  const { mode, mtimeNs, uid, gid } = stat;
  const before = directories.get(name);
  return {
    name,
    visibleName,
    attributes: { mode, size: 0, mtimeNs, uid, gid },
    ...extraOrError(parent, name, visibleName, stat),
    previous: before === undefined ? [] : [before],
    reply: undefined,
  };
}

/** A directory can vanish after it was listed, which is no reason to lose its siblings. */
function extraOrError(...entry: Parameters<typeof entryExtra>): Pick<FoundDirectory, 'extra' | 'error'> {
  try {
    return { extra: entryExtra(...entry) };
  } catch (error) {
    if (!isFileSystemError(error)) throw error;
    return { extra: undefined, error: packError(error) };
  }
}
