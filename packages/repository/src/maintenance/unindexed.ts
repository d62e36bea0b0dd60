import type { BlobMetadata, BlobReader } from '../blob/storage.ts';
import { RepositoryError } from '../errors.ts';
import type { IndexEntry } from '../index/entry.ts';
import { supersedes } from '../index/precedence.ts';
import { recoverPackEntries } from '../pack/local-index.ts';
import { BlobTail } from './blob-tail.ts';
import type { MaintenanceParts } from './parts.ts';

/** What telling unindexed contents takes. */
export interface UnindexedParts extends Pick<MaintenanceParts, 'crypto' | 'indexView'> {
  readonly storage: Pick<BlobReader, 'get'>;
  readonly signal?: AbortSignal | undefined;
}

/** Reads from the end of a pack what it holds and counts the contents that no index can lead to any more, neither in this
 *  pack nor in another: those that the index does not know, not even as deleted, and those written after they were
 *  deleted. 0 when the pack is gone; a pack without a readable list counts 1.
 *  Throws what the storage throws otherwise. */
export async function countUnindexed(parts: UnindexedParts, pack: BlobMetadata): Promise<number> {
  const { storage, crypto, indexView, signal } = parts;
  const call = signal ? { signal } : {};
  // The listing has told its length.
  const reader = { getMetadata: () => Promise.resolve(pack), get: storage.get.bind(storage) };
  try {
    const tail = new BlobTail(reader, call);
    const entries = await recoverPackEntries(tail, pack.id, crypto, { firstBytes: POSTAMBLE_BYTES });
    const isLost = (entry: IndexEntry): boolean =>
      !entry.deleted && isUnknown(entry, indexView.findListed(entry.key));
    return entries.filter(isLost).length;
  } catch (error) {
    if (!(error instanceof RepositoryError)) throw error;
    if (error.code === 'BLOB_NOT_FOUND') return 0;
    if (error.code === 'PACK_CORRUPT' || error.code === 'BLOB_RANGE_INVALID') return 1;
    throw error;
  }
}

/** Holds any postamble, and is shorter than that and the smallest local index: no content is read with it. */
const POSTAMBLE_BYTES = 128;

function isUnknown(entry: IndexEntry, known: IndexEntry | undefined): boolean {
  return known === undefined || (known.deleted && supersedes(entry, known));
}
