import {
  type ContentSource,
  objectParts,
  type ObjectPart,
  parseObjectId,
  readObject,
} from '@holdfast/repository';

import { freeIfWhole } from '../threads/free-memory.ts';
import { DirectoryParser } from '../snapshot/directory-parser.ts';
import type { DirectoryTail } from '../snapshot/directory.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import type { FilePart } from './tasks.ts';

/** What comes out of a directory object: its entries in stored order, at last what follows them. */
export type DirectoryItem =
  | { readonly kind: 'entry'; readonly entry: DirectoryEntry }
  | { readonly kind: 'tail'; readonly tail: DirectoryTail };

/** Streams a directory object with memory for one content. Throws DIRECTORY_CORRUPT, or what reading contents throws. */
export async function* readDirectory(
  source: ContentSource,
  objectId: string,
  signal?: AbortSignal,
): AsyncGenerator<DirectoryItem> {
  const parser = new DirectoryParser();
  for await (const chunk of readObject(source, parseObjectId(objectId), { ...(signal && { signal }) })) {
    for (const entry of parser.read(chunk)) yield { kind: 'entry', entry };
    freeIfWhole(chunk);
  }
  yield { kind: 'tail', tail: parser.end() };
}

/** Only the entries of a directory object. */
export async function* readEntries(source: ContentSource, objectId: string): AsyncGenerator<DirectoryEntry> {
  for await (const item of readDirectory(source, objectId)) if (item.kind === 'entry') yield item.entry;
}

/** The contents of a file; none for an empty one, which needs no reading. */
export async function* fileParts(
  source: ContentSource,
  { objectId, size, type }: DirectoryEntry,
  signal?: AbortSignal,
): AsyncGenerator<FilePart> {
  const id = parseObjectId(objectId);
  if (type === 'f' && size === 0 && !id.startsWith('I')) return;
  for await (const part of objectParts(source, id, signal)) yield filePart(part);
}

function filePart({ start, length, contentId, compressed }: ObjectPart): FilePart {
  return { start, length, contentId, compressed };
}
