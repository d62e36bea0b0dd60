import { readFile } from 'node:fs/promises';

import { parseBlobId } from '../blob/blob-id.ts';
import type { BlobId, BlobMetadata } from '../blob/storage.ts';
import { decodeContent } from '../content/decoder.ts';
import type { FlushedIndex } from '../content/content-writer.ts';
import { RepositoryError } from '../errors.ts';
import { decodeIndex } from '../index/decode.ts';
import type { IndexEntry } from '../index/entry.ts';
import { recoverPackEntries } from '../pack/local-index.ts';
import { BlobTail } from './blob-tail.ts';
import type { MaintenanceRunParts } from './parts.ts';

/* Nothing is deleted before what replaces it has been read back. */

/** Reads a stored index blob back, into the local copy that later lookups use, and compares it with what was to be stored.
 *  Throws INDEX_CORRUPT, or what reading throws. */
export async function verifyIndexBlob(
  { indexView, signal }: Pick<MaintenanceRunParts, 'indexView' | 'signal'>,
  blob: Pick<BlobMetadata, 'id' | 'length'>,
  plain: Uint8Array,
): Promise<void> {
  const found = await readFile(await indexView.localFile(blob, signal));
  if (Buffer.compare(found, plain) === 0) return;
  throw new RepositoryError(
    'INDEX_CORRUPT',
    `index blob ${blob.id} reads back differently from what was stored; nothing it replaces is deleted`,
    { blob: blob.id, length: found.length, expected: plain.length },
  );
}

/** Reads back what a flush has stored: the index, and of each new pack its length, its own list of contents and one
 *  content. Throws INDEX_CORRUPT, PACK_CORRUPT, CONTENT_CORRUPT, or what the storage throws. */
export async function verifyFlushed(parts: MaintenanceRunParts, flushed: FlushedIndex): Promise<void> {
  for (const blob of flushed.blobs) await verifyIndexBlob(parts, blob, flushed.plain);
  const written = decodeIndex(flushed.plain).filter((entry) => !entry.deleted);
  for (const [pack, entries] of Map.groupBy(written, (entry) => entry.packBlobId))
    await verifyPack(parts, parseBlobId(pack), entries);
}

async function verifyPack(
  { storage, crypto, signal }: MaintenanceRunParts,
  pack: BlobId,
  entries: readonly IndexEntry[],
): Promise<void> {
  const tail = new BlobTail(storage, signal ? { signal } : {});
  const own = await recoverPackEntries(tail, pack, crypto);
  const recorded = new Map(own.map((entry) => [nameOf(entry), entry]));
  for (const entry of entries) {
    const found = recorded.get(nameOf(entry));
    if (found?.packOffset !== entry.packOffset || found.packedLength !== entry.packedLength)
      throw packDiffers(pack);
  }
  const sample = entries.reduce((a, b) => (b.packOffset > a.packOffset ? b : a));
  const range = { offset: sample.packOffset, length: sample.packedLength };
  decodeContent(crypto, sample, await tail.get(pack, range));
}

function nameOf(entry: IndexEntry): string {
  return Buffer.from(entry.key).toString('latin1');
}

function packDiffers(pack: BlobId): RepositoryError {
  return new RepositoryError(
    'PACK_CORRUPT',
    `pack ${pack} reads back differently from what was stored; nothing it replaces is deleted`,
    { blob: pack },
  );
}
