import { pMapIterable } from 'p-map';

import { enterDirectory, type IgnoreScope, withPolicy } from '../ignore/scope.ts';
import { metadataCompressor } from '../policy/compression.ts';
import { childPolicyTree } from '../policy/tree.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import type { ByteName } from '../snapshot/names.ts';
import type { FailedEntry } from '../snapshot/summary.ts';
import { totalsOf } from '../snapshot/totals.ts';
import type { ReplyTo, RunOptions } from '../threads/worker-pool.ts';
import { freeMemory } from '../threads/free-memory.ts';
import type { Task } from '../threads/protocol.ts';
import { unpackError } from '../threads/thread-error.ts';
import { DirectoryObject } from './directory-object.ts';
import { absoluteChild, childPath, failureOf, isFileSystemError } from './failures.ts';
import { directoryEntry, inOrderOfVisibleNames } from './found-directories.ts';
import { largeFileEntry } from './large-file.ts';
import { OpenDirectory } from './open-directory.ts';
import { slicesOf } from './packed-names.ts';
import { mergePrevious, type Slice } from './previous-slices.ts';
import { sliceOf, takeSlices } from './remaining-names.ts';
import { siblingGroups } from './sibling-groups.ts';
import { type DirectoryToUpload, type TreeUpload, workerSink } from './tree-upload.ts';
import type { DirectoryReply, DirectoryTask, FilesReply, FoundDirectory, LargeFile, Piece } from './tasks.ts';

/** Subdirectories of one directory that are uploaded at the same time. The queue takes the newest first, so that the
 *  directories open at a time grow with the depth of the tree only. */
const SIBLINGS_AT_ONCE = 8;
/** File tasks of one directory in flight. */
const FILE_TASKS_AT_ONCE = 8;
/** Files of a large directory in one task. */
const FILES_PER_TASK = 1024;

/** Uploads a directory with everything below it and returns its entry. Rejects when the directory itself can't be
 *  listed, when storing fails, or with the signal's reason. */
export async function uploadDirectoryTree(
  upload: TreeUpload,
  directory: DirectoryToUpload,
  parent: OpenDirectory | undefined,
): Promise<DirectoryEntry> {
  if (directory.found.error !== undefined) throw unpackError(directory.found.error);
  const reply = directory.found.reply ?? (await run(upload, directoryTask(upload, directory)));
  reportFiles(upload, directory, reply);
  upload.onRecords(reply.records);
  if (reply.finished !== undefined) return directoryEntry(directory.found, reply.finished);
  const object = new DirectoryObject({
    sink: workerSink(upload.pool),
    splitter: upload.splitter,
    metadataCompressor: metadataCompressor(directory.policies.policy) ?? '',
  });
  const open = new OpenDirectory(directory.found, object, reply, parent);
  if (parent === undefined) upload.onRootOpened(open);
  try {
    await addSubdirectories(upload, directory, reply, open);
    await addFiles(upload, directory, reply, open);
    object.addTotals(reply.totals);
    object.addExtra(reply.extra);
    return directoryEntry(directory.found, await object.finish(directory.found.attributes));
  } finally {
    open.close();
  }
}

function directoryTask({ rehash }: TreeUpload, directory: DirectoryToUpload): DirectoryTask {
  return {
    kind: 'directory',
    path: directory.path,
    relativePath: directory.relativePath,
    policy: directory.policies.policy,
    rehash,
    attributes: directory.found.attributes,
    scope: directory.scope,
    previous: directory.found.previous,
    isUniform: directory.policies.children.size === 0,
  };
}

async function addSubdirectories(
  upload: TreeUpload,
  directory: DirectoryToUpload,
  reply: DirectoryReply,
  open: OpenDirectory,
): Promise<void> {
  const groups = siblingGroups(inOrderOfVisibleNames(reply.directories), directory.policies);
  const uploadChild = async (found: FoundDirectory): Promise<DirectoryEntry | undefined> => {
    const entry = await uploadChildTree(upload, directory, found, reply.scope, open);
    if (entry !== undefined) open.childFinished(entry);
    return entry;
  };
  const uploadGroup = async (
    group: readonly FoundDirectory[],
  ): Promise<readonly (DirectoryEntry | undefined)[]> => {
    const entries: (DirectoryEntry | undefined)[] = [];
    let rest = [...group];
    while (rest.length > 0) {
      if (rest.every((found) => found.reply === undefined))
        rest = await listTogether(upload, directory, reply.scope, rest);
      const next = rest.shift();
      if (next !== undefined) entries.push(await uploadChild(next));
    }
    return entries;
  };
  for await (const entries of pMapIterable(groups, uploadGroup, { concurrency: SIBLINGS_AT_ONCE })) {
    for (const entry of entries) {
      if (entry === undefined) continue;
      await open.object.addEntry(entry);
      open.childAdded(entry);
    }
  }
}

/** The directories of a group with what one task could do of them. */
async function listTogether(
  upload: TreeUpload,
  parent: DirectoryToUpload,
  scope: IgnoreScope,
  group: FoundDirectory[],
): Promise<FoundDirectory[]> {
  if (group.length === 1) return group;
  const task = {
    kind: 'siblings',
    parent: { ...directoryTask(upload, parent), scope },
    found: group,
  } as const;
  const { replies } = await run(upload, task);
  return group.map((found, i) => ({ ...found, reply: replies[i] }));
}

async function uploadChildTree(
  upload: TreeUpload,
  parent: DirectoryToUpload,
  found: FoundDirectory,
  parentScope: IgnoreScope,
  open: OpenDirectory,
): Promise<DirectoryEntry | undefined> {
  const policies = childPolicyTree(parent.policies, found.name);
  const scope = enterDirectory(parentScope, found.name);
  try {
    return await uploadDirectoryTree(
      upload,
      {
        found,
        path: absoluteChild(parent.path, found.name),
        relativePath: childPath(parent.relativePath, found.name),
        policies,
        scope: policies.isDefined ? withPolicy(scope, policies.policy) : scope,
      },
      open,
    );
  } catch (error) {
    if (!isFileSystemError(error)) throw error;
    const isIgnored = policies.policy.errorHandling.ignoreDirectoryErrors === true;
    const failure = failureOf(parent, found.name, error);
    addFailure(upload, open.object, failure, isIgnored);
    return undefined;
  }
}

async function addFiles(
  upload: TreeUpload,
  directory: DirectoryToUpload,
  reply: DirectoryReply,
  open: OpenDirectory,
): Promise<void> {
  for (const piece of reply.pieces) {
    await addPiece(upload, directory, open, piece);
    open.pieceAdded();
    freePiece(piece);
  }
  const slices = mergePrevious(
    takeSlices(reply.remaining, FILES_PER_TASK),
    directory.found.previous,
    upload.previousEntries,
  );
  const runSlice = async (slice: Slice): Promise<FilesReply> => await runFiles(upload, directory, slice);
  for await (const part of pMapIterable(slices, runSlice, { concurrency: FILE_TASKS_AT_ONCE }))
    await addFilesReply(upload, directory, open, part);
}

async function addFilesReply(
  upload: TreeUpload,
  directory: DirectoryToUpload,
  open: OpenDirectory,
  part: FilesReply,
): Promise<void> {
  open.object.addTotals(part.totals);
  open.object.addExtra(part.extra);
  reportFiles(upload, directory, part);
  for (const piece of part.pieces) {
    await addPiece(upload, directory, open, piece);
    freePiece(piece);
  }
}

function freePiece(piece: Piece): void {
  if (piece.kind === 'entries') freeMemory(piece.json);
}

async function addPiece(
  upload: TreeUpload,
  directory: DirectoryToUpload,
  open: OpenDirectory,
  piece: Piece,
): Promise<void> {
  switch (piece.kind) {
    case 'entries':
      return await open.object.addEncoded(piece.json);
    case 'large':
      return await addLargeFile(upload, directory, piece.file, open.object);
    case 'deferred': {
      const run = async (names: readonly ByteName[]): Promise<FilesReply> =>
        await runFiles(upload, directory, { ...sliceOf(names, piece.visibleNames), previous: [] });
      const slices = slicesOf(piece.names, DEFERRED_PER_TASK);
      for await (const part of pMapIterable(slices, run, { concurrency: FILE_TASKS_AT_ONCE }))
        await addFilesReply(upload, directory, open, part);
    }
  }
}

async function addLargeFile(
  upload: TreeUpload,
  directory: DirectoryToUpload,
  file: LargeFile,
  object: DirectoryObject,
): Promise<void> {
  const { policy } = directory.policies;
  try {
    await object.addEntry(await largeFileEntry(upload, directory, policy, file));
  } catch (error) {
    if (!isFileSystemError(error)) throw error;
    const isIgnored = policy.errorHandling.ignoreFileErrors === true;
    addFailure(upload, object, failureOf(directory, file.name, error), isIgnored);
  }
}

function addFailure(
  upload: TreeUpload,
  object: DirectoryObject,
  failure: FailedEntry,
  isIgnored: boolean,
): void {
  const failures = isIgnored ? { failed: [], ignored: [failure] } : { failed: [failure], ignored: [] };
  object.addTotals(totalsOf([], failures));
  upload.onFailure(failure, isIgnored);
}

/** Files that were too much for one task are large on average. */
const DEFERRED_PER_TASK = 4;

async function runFiles(
  upload: TreeUpload,
  directory: DirectoryToUpload,
  { names, visibleNames, previous }: Slice,
): Promise<FilesReply> {
  const { path, relativePath } = directory;
  const { policy } = directory.policies;
  const { rehash } = upload;
  const task = {
    kind: 'files',
    path,
    relativePath,
    policy,
    rehash,
    names,
    visibleNames,
    previous,
  } as const;
  return await run(upload, task, { isUrgent: true });
}

async function run<T extends Task>(
  upload: TreeUpload,
  task: T,
  options: RunOptions = {},
): Promise<ReplyTo<T>> {
  upload.signal?.throwIfAborted();
  return await upload.pool.run(task, options);
}

/** Passes on what a reply tells of single files. Where a directory was finished together with others below it, one policy
 *  holds for all of them. */
function reportFiles(
  upload: TreeUpload,
  { policies }: DirectoryToUpload,
  { failed, changed }: Pick<FilesReply, 'failed' | 'changed'>,
): void {
  for (const path of changed) upload.onChanged(path);
  const isIgnored = policies.policy.errorHandling.ignoreFileErrors === true;
  for (const failure of failed) upload.onFailure(failure, isIgnored);
}
