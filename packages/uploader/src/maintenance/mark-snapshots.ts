import {
  type MarkTarget,
  objectParts,
  parseContentId,
  parseObjectId,
  readObject,
  type Repository,
} from '@holdfast/repository';

import { DirectoryParser } from '../snapshot/directory-parser.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import { listSnapshots } from '../snapshots/snapshot-store.ts';

/** Marks every content that a snapshot needs, complete or not: directories, files, lists of parts. Each directory is read
 *  once, however many snapshots share it; memory is one content for each level of the tree.
 *  Throws when a directory or list can't be read: what hangs below it would be taken for unused. */
export async function markSnapshots(
  repository: Repository,
  target: MarkTarget,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const { rootEntry } of await listSnapshots(repository))
    if (rootEntry !== undefined) await markEntry(target, rootEntry, signal);
}

type MarkedEntry = Pick<DirectoryEntry, 'type' | 'objectId'>;

async function markEntry(
  target: MarkTarget,
  entry: MarkedEntry,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (entry.type === 'd') await markDirectory(target, entry.objectId, signal);
  else await markFile(target, entry.objectId, signal);
}

/** Reading marks the contents of the directory itself. */
async function markDirectory(
  target: MarkTarget,
  objectId: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const id = parseObjectId(objectId);
  if (!target.isFirstVisit(id)) return;
  signal?.throwIfAborted();
  const parser = new DirectoryParser();
  for await (const chunk of readObject(target, id, signal ? { signal } : {}))
    for (const entry of parser.read(chunk))
      if (entry.type === 'd' || !markDirect(target, entry)) await markEntry(target, entry, signal);
  parser.end();
}

async function markFile(
  target: MarkTarget,
  objectId: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const id = parseObjectId(objectId);
  if (id.startsWith('I') && !target.isFirstVisit(id)) return;
  for await (const { contentId } of objectParts(target, id, signal)) target.mark(contentId);
}

/** Marks a file of one content, as nearly all are, at once; false for others, whose IDs start with a capital letter. */
function markDirect(target: MarkTarget, { objectId }: MarkedEntry): boolean {
  if (objectId.charCodeAt(0) < FIRST_SMALL_LETTER && objectId.charCodeAt(0) > LAST_DIGIT) return false;
  target.mark(parseContentId(objectId));
  return true;
}

const LAST_DIGIT = '9'.charCodeAt(0);
const FIRST_SMALL_LETTER = 'a'.charCodeAt(0);
