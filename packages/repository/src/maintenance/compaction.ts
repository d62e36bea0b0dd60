import path from 'node:path';

import type { BlobId, BlobMetadata } from '../blob/storage.ts';
import { encodeIndex } from '../index/builder.ts';
import { type IndexFile, openIndexFile } from '../index/index-file.ts';
import { mergeBufferBytes, writeMergedIndex } from '../index/merge.ts';
import { PageCache } from '../index/page-cache.ts';
import { sealBlob } from '../sealed/sealed-blob.ts';
import type { MaintenanceRunParts } from './parts.ts';
import { SHARD_ENTRIES, take } from './tombstones.ts';
import { verifyIndexBlob } from './verify-written.ts';

/** How merged indexes are stored. */
export interface CompactionOutput {
  /** Start of the blobs' names. */
  readonly prefix: string;
  /** End of their names, given their number; '' for none. */
  readonly suffix: (shards: number) => string;
  /** Random bytes behind each index, where equal indexes must differ. */
  readonly randomBytes?: number;
  /** Leaves out contents deleted at this time or before. */
  readonly dropDeletedSeconds?: number;
}

/** Merges index blobs into new ones and reads each back; on failure what was written is removed. The inputs are not
 *  touched. Memory is that of one shard. Returns nothing when nothing is left to store. */
export async function compactIndexBlobs(
  parts: MaintenanceRunParts,
  inputs: readonly BlobMetadata[],
  output: CompactionOutput,
): Promise<readonly BlobMetadata[]> {
  const merged = path.join(parts.workDirectory, 'compacted.sndx');
  const count = await mergeInputs(parts, inputs, {
    file: merged,
    dropDeletedSeconds: output.dropDeletedSeconds,
  });
  const written: BlobMetadata[] = [];
  const index = openIndexFile(merged, new PageCache(64 << 10));
  try {
    const shards = Math.ceil(count / SHARD_ENTRIES);
    const cursor = index.entries();
    for (let i = 0; i < shards; i++) {
      const encoded = encodeIndex(take(cursor, Math.ceil(count / shards)), parts.contentFormat.indexVersion);
      written.push(await storeShard(parts, encoded, { ...output, suffix: () => output.suffix(shards) }));
    }
    return written;
  } catch (error) {
    for (const { id } of written) await removeQuietly(parts.storage, id);
    throw error;
  } finally {
    index.close();
  }
}

async function mergeInputs(
  { indexView, signal }: MaintenanceRunParts,
  inputs: readonly BlobMetadata[],
  output: { readonly file: string; readonly dropDeletedSeconds: number | undefined },
): Promise<number> {
  const pages = new PageCache(4 << 20);
  const files: IndexFile[] = [];
  try {
    for (const blob of inputs) files.push(openIndexFile(await indexView.localFile(blob, signal), pages));
    const bufferBytes = mergeBufferBytes(files.length);
    const { dropDeletedSeconds } = output;
    return writeMergedIndex(
      output.file,
      files.map((file) => file.entries(undefined, bufferBytes)),
      dropDeletedSeconds === undefined ? {} : { deletionWatermarkSeconds: dropDeletedSeconds },
    );
  } finally {
    for (const file of files) file.close();
  }
}

async function storeShard(
  { storage, crypto, random, indexView, putOptions, signal }: MaintenanceRunParts,
  encoded: Uint8Array,
  { prefix, suffix, randomBytes = 0 }: CompactionOutput,
): Promise<BlobMetadata> {
  signal?.throwIfAborted();
  const plain = randomBytes === 0 ? encoded : Buffer.concat([encoded, random(randomBytes)]);
  const { id, bytes } = sealBlob(prefix, plain, suffix(1), crypto);
  const call = signal ? { signal } : {};
  await storage.put(id, [bytes], { ...putOptions, ...call });
  try {
    await verifyIndexBlob({ indexView, signal }, { id, length: bytes.length }, plain);
    return await storage.getMetadata(id, call);
  } catch (error) {
    await removeQuietly(storage, id);
    throw error;
  }
}

/** The compaction has failed whether or not this works: an incomplete set counts for nothing. */
async function removeQuietly(storage: MaintenanceRunParts['storage'], id: BlobId): Promise<void> {
  await storage.delete(id).catch(() => undefined);
}
