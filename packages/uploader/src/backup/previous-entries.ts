import { type ContentId, parseObjectId, readObject } from '@holdfast/repository/worker';

import { type ThreadContext, readContent } from '../threads/thread-context.ts';
import { DirectoryParser } from '../snapshot/directory-parser.ts';
import { type DirectoryEntry, nameOnDisk } from '../snapshot/entry.ts';
import type { ByteName } from '../snapshot/names.ts';

/** The entries of previous directory objects whose names are wanted, an earlier object winning over a later one.
 *  Objects stream through, so that memory grows with what is wanted only. One that can't be read counts as empty:
 *  its files are uploaded again, which costs time but loses nothing. */
export async function previousEntries(
  context: ThreadContext,
  objectIds: readonly string[],
  isWanted: (name: ByteName) => boolean,
): Promise<Map<ByteName, DirectoryEntry>> {
  const found = new Map<ByteName, DirectoryEntry>();
  for (const objectId of objectIds) {
    for (const entry of await readableEntries(context, objectId, isWanted)) {
      const name = nameOnDisk(entry);
      if (!found.has(name)) found.set(name, entry);
    }
  }
  return found;
}

async function readableEntries(
  context: ThreadContext,
  objectId: string,
  isWanted: (name: ByteName) => boolean,
): Promise<readonly DirectoryEntry[]> {
  const entries: DirectoryEntry[] = [];
  const source = { read: (id: ContentId) => Promise.resolve(readContent(context, id)) };
  try {
    const parser = new DirectoryParser();
    for await (const chunk of readObject(source, parseObjectId(objectId)))
      for (const entry of parser.read(chunk)) if (isWanted(nameOnDisk(entry))) entries.push(entry);
    parser.end();
    return entries;
  } catch {
    return [];
  }
}
