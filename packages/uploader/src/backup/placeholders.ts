import {
  type ContentId,
  contentKey,
  objectParts,
  parseObjectId,
  RepositoryError,
} from '@holdfast/repository/worker';

import { UploaderError } from '../errors.ts';
import { type DirHandle, displayPath, openDirHandle } from '../filesystem/path.ts';
import { readSmallFile } from '../filesystem/small-file.ts';
import { lstatIfExists } from '../filesystem/stat.ts';
import { MAX_PLACEHOLDER, PLACEHOLDER_SUFFIX } from '../restore/placeholder.ts';
import { decodeEntry, type DirectoryEntry, nameOnDisk } from '../snapshot/entry.ts';
import { type JsonSubject, parseJson } from '../snapshot/json-fields.ts';
import type { ByteName } from '../snapshot/names.ts';
import { isUtf8 } from '../snapshot/utf8.ts';
import { readContent, type ThreadContext } from '../threads/thread-context.ts';
import { absoluteChild } from './failures.ts';

/* A shallow restore leaves placeholders; what a snapshot saves of one is the entry it holds, so that the snapshot is the one of
 * the whole tree. Source: kopia fs/localfs/shallow_fs.go, snapshot/upload/upload.go. */

const SUBJECT: JsonSubject = { what: 'placeholder', code: 'DIRECTORY_CORRUPT' };

/** The directory that holds a placeholder. */
export interface PlaceholderPlace {
  readonly handle: DirHandle;
  readonly path: string;
}

/** The name that a placeholder stands for; undefined for any other name. */
export function targetOfPlaceholder(name: ByteName): ByteName | undefined {
  if (!name.endsWith(PLACEHOLDER_SUFFIX) || name.length === PLACEHOLDER_SUFFIX.length) return undefined;
  // A part of a byte string is one.
  return name.slice(0, -PLACEHOLDER_SUFFIX.length) as ByteName;
}

/** Sorts names as what they stand for. */
export function inOrderOfTargets(names: readonly ByteName[]): readonly ByteName[] {
  const target = (name: ByteName): ByteName => targetOfPlaceholder(name) ?? name;
  return names.toSorted((a, b) => (target(a) < target(b) ? -1 : 1));
}

/** The entry that a placeholder of that type holds, under the name the placeholder has now. Throws DIRECTORY_CORRUPT when it holds
 *  none, when what it stands for is there too or is not in this repository, FILE_TOO_LARGE, and what the file
 *  system throws. */
export async function readEntryOfPlaceholder(
  context: ThreadContext,
  place: PlaceholderPlace,
  name: ByteName,
  type: 'd' | 'f',
): Promise<DirectoryEntry> {
  const target = targetOfPlaceholder(name) ?? name;
  if (lstatIfExists(place.handle.child(target)) !== undefined)
    throw refusal(`${displayPath(target)} is there too: a restore was interrupted`);
  const entry = decodeEntry(parseJson(readText(place, name, type), SUBJECT), SUBJECT);
  if (entry.type !== type) throw refusal(`it holds an entry of type ${entry.type}`);
  if (!(await isStored(context, entry.objectId)))
    throw refusal(`what it stands for (${entry.objectId.slice(0, 100)}) is not in this repository`);
  return named({ ...entry, size: type === 'd' ? 0 : entry.size }, target);
}

function readText({ handle, path }: PlaceholderPlace, name: ByteName, type: 'd' | 'f'): string {
  const file = { name: displayPath(name), limit: MAX_PLACEHOLDER };
  if (type === 'f') return readSmallFile(handle.child(name), file).toString();
  const directory = openDirHandle(absoluteChild(path, name));
  try {
    return readSmallFile(directory.child(PLACEHOLDER_SUFFIX), file).toString();
  } finally {
    directory.close();
  }
}

/** Whether the index has all contents of an object; false for what is no object. */
async function isStored(context: ThreadContext, objectId: string): Promise<boolean> {
  const source = { read: (id: ContentId) => Promise.resolve(readContent(context, id)) };
  try {
    for await (const { contentId } of objectParts(source, parseObjectId(objectId)))
      if (context.files.find(contentKey(contentId)) === undefined) return false;
    return true;
  } catch (error) {
    if (error instanceof RepositoryError) return false;
    throw error;
  }
}

/** The entry under another name, unless it has it already. */
function named(entry: DirectoryEntry, name: ByteName): DirectoryEntry {
  if (nameOnDisk(entry) === name || !isUtf8(name)) return entry;
  const { rawName: _, ...extra } = entry.extra ?? {};
  const { extra: __, ...rest } = entry;
  return { ...rest, name, ...(Object.keys(extra).length > 0 && { extra }) };
}

function refusal(reason: string): UploaderError {
  return new UploaderError('DIRECTORY_CORRUPT', `the placeholder cannot be saved: ${reason}`);
}
