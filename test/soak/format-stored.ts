import { compressionName, objectParts, parseObjectId, type Repository } from '@holdfast/repository';
import { type DirectoryEntry, readEntries, type SnapshotManifest, textOfByteName } from '@holdfast/uploader';

import { compressesContents, type FormatRow } from './format-rows.ts';

/** Where two snapshots of `writeFormatTree`'s directory, the second after `addToFormatTree`, differ although they should not: files
 *  that did not change have the same object, and so has new data that was there under another name. */
export async function sharedFileDifferences(
  repository: Repository,
  [first, second]: readonly [SnapshotManifest, SnapshotManifest],
  row: FormatRow,
): Promise<readonly string[]> {
  const [before, after] = [await objectsOf(repository, first), await objectsOf(repository, second)];
  const pairs = [...before.keys()].map((name) => [name, name]);
  if (!compressesObjects(row)) pairs.push(['text', 'copy-of-text']);
  return pairs
    .filter(([old = '', name = '']) => before.get(old) !== after.get(name))
    .map(([old = '', name = '']) => `${name} is object ${after.get(name)}, not ${before.get(old)}`);
}

/** Which of the files that can be made smaller is not stored as the format has it. */
export async function compressionDifferences(
  repository: Repository,
  snapshot: SnapshotManifest,
  row: FormatRow,
): Promise<readonly string[]> {
  const objects = await objectsOf(repository, snapshot);
  const want = compressesContents(row) ? row.compression : 'none';
  const problems: string[] = [];
  for (const name of ['text', 'added']) {
    const is = await compressionOf(repository, objects.get(name) ?? '');
    if (is !== want) problems.push(`${name} is compressed with ${is}, not ${want}`);
  }
  return problems;
}

/** In format 1 kopia compresses whole objects, whose name then depends on the compressor's own bytes. */
function compressesObjects(row: FormatRow): boolean {
  return row.version === '1' && row.compression !== 'none';
}

/** How the first content of an object is compressed. */
async function compressionOf(repository: Repository, objectId: string): Promise<string> {
  for await (const { contentId } of objectParts(repository.contents, parseObjectId(objectId))) {
    const headerId = repository.contents.find(contentId)?.compressionHeaderId ?? 0;
    return headerId === 0 ? 'none' : (compressionName(headerId) ?? `method ${headerId}`);
  }
  return 'nothing';
}

/** Objects of the files in a snapshot's root by name. */
async function objectsOf(
  repository: Repository,
  { rootEntry }: SnapshotManifest,
): Promise<Map<string, string>> {
  const isFile = ({ type }: DirectoryEntry): boolean => type === 'f';
  const entries = await Array.fromAsync(readEntries(repository.contents, rootEntry?.objectId ?? ''));
  return new Map(entries.filter(isFile).map(({ name, objectId }) => [textOfByteName(name), objectId]));
}
