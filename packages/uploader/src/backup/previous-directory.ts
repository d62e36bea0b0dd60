import { type ContentId, objectForm, parseObjectId, readObject } from '@holdfast/repository/worker';

import { DirectoryParser } from '../snapshot/directory-parser.ts';
import { type DirectoryEntry, nameOnDisk } from '../snapshot/entry.ts';
import type { ByteName } from '../snapshot/names.ts';
import { readContent, type ThreadContext } from '../threads/thread-context.ts';
import { EncodedFiles } from './encoded-files.ts';
import { DecodedFiles, type PreviousFiles } from './previous-files.ts';

/** What previous snapshots hold of one directory. */
export interface PreviousDirectory {
  readonly files: PreviousFiles;
  /** Objects of the subdirectories by their names on disk. */
  readonly directories: ReadonlyMap<ByteName, string>;
}

export const NOTHING_BEFORE: PreviousDirectory = { files: new DecodedFiles([]), directories: new Map() };

/** Opens previous directory objects to look for `names`, an earlier object winning over a later one. One that can't be
 *  read counts as empty: its files are uploaded again, which costs time but loses nothing. */
export async function openPrevious(
  context: ThreadContext,
  objectIds: readonly string[],
  names: Iterable<ByteName>,
): Promise<PreviousDirectory> {
  const [first, ...others] = objectIds;
  if (first === undefined) return NOTHING_BEFORE;
  const encoded = others.length === 0 ? openEncoded(context, first) : undefined;
  if (encoded !== undefined) return { files: encoded, directories: directoriesOf(encoded.directories) };
  const entries = await wantedEntries(context, objectIds, new Set(names));
  return { files: new DecodedFiles(entries), directories: directoriesOf(entries) };
}

/** An object that is a single content, as those of all but huge directories are. */
function openEncoded(context: ThreadContext, objectId: string): EncodedFiles | undefined {
  try {
    const form = objectForm(parseObjectId(objectId));
    if (form.kind !== 'content' || form.compressed) return undefined;
    return EncodedFiles.of(readContent(context, form.contentId));
  } catch {
    return undefined;
  }
}

function directoriesOf(entries: readonly DirectoryEntry[]): ReadonlyMap<ByteName, string> {
  const found = new Map<ByteName, string>();
  for (const entry of entries) {
    const name = nameOnDisk(entry);
    if (entry.type === 'd' && !found.has(name)) found.set(name, entry.objectId);
  }
  return found;
}

/** Objects stream through, so that memory grows with what is wanted only. */
async function wantedEntries(
  context: ThreadContext,
  objectIds: readonly string[],
  wanted: ReadonlySet<ByteName>,
): Promise<readonly DirectoryEntry[]> {
  const found: DirectoryEntry[] = [];
  for (const objectId of objectIds) {
    for (const entry of await readableEntries(context, objectId, wanted)) found.push(entry);
  }
  return found;
}

async function readableEntries(
  context: ThreadContext,
  objectId: string,
  wanted: ReadonlySet<ByteName>,
): Promise<readonly DirectoryEntry[]> {
  const entries: DirectoryEntry[] = [];
  const source = { read: (id: ContentId) => Promise.resolve(readContent(context, id)) };
  try {
    const parser = new DirectoryParser();
    for await (const chunk of readObject(source, parseObjectId(objectId)))
      for (const entry of parser.read(chunk)) if (wanted.has(nameOnDisk(entry))) entries.push(entry);
    parser.end();
    return entries;
  } catch {
    return [];
  }
}
