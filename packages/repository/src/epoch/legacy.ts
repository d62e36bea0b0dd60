import type { BlobId, BlobMetadata, CallOptions } from '../blob/storage.ts';
import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import { UNREADABLE_INDEX_ID } from '../format/upgrade-lock.ts';
import { openSealedBlob, sealBlob } from '../sealed/sealed-blob.ts';
import type { ActiveIndexBlobs, IndexBlobs, IndexBlobsParts } from './index-blobs.ts';

/* Index blobs before epochs: all `n` blobs count, except those that a compaction log (`m`) says were merged into others.
 * Source: kopia repo/content/indexblob/index_blob_manager_v0.go. */

const INDEX_PREFIX = 'n';
const COMPACTION_LOG_PREFIX = 'm';

/** A compaction: `outputs` hold what `inputs` held. Both are blob IDs. */
export interface CompactionLog {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** The index blobs that count. A compaction whose outputs are not all there is ignored. */
export function activeLegacyBlobs(
  indexBlobs: readonly BlobMetadata[],
  logs: readonly CompactionLog[],
): readonly BlobMetadata[] {
  const present = new Set<string>(indexBlobs.map((blob) => blob.id));
  const replaced = new Set<string>([UNREADABLE_INDEX_ID]);
  for (const log of logs) {
    if (!log.outputs.every((id) => present.has(id))) continue;
    for (const id of log.inputs) replaced.add(id);
  }
  return indexBlobs.filter((blob) => !replaced.has(blob.id));
}

/** Reads a compaction log. Throws INDEX_CORRUPT. */
export function decodeCompactionLog(plain: Uint8Array): CompactionLog {
  try {
    const log: unknown = JSON.parse(Buffer.from(plain).toString());
    return { inputs: blobIdsOf(log, 'inputMetadata'), outputs: blobIdsOf(log, 'outputMetadata') };
  } catch (error) {
    throw new RepositoryError('INDEX_CORRUPT', 'an index compaction log is not readable', {}, error);
  }
}

/** Index blobs of a repository of format 1. */
export class LegacyIndexBlobs implements IndexBlobs {
  readonly #parts: IndexBlobsParts;

  constructor(parts: IndexBlobsParts) {
    this.#parts = parts;
  }

  async activeBlobs(options: CallOptions = {}): Promise<ActiveIndexBlobs> {
    // Indexes first: a compaction that ends in between is then ignored, as its outputs are not in the list.
    const indexBlobs = await Array.fromAsync(this.#parts.storage.list(INDEX_PREFIX, options));
    const logs = await this.#compactionLogs(options);
    return { blobs: activeLegacyBlobs(indexBlobs, logs), deletionWatermarkSeconds: 0 };
  }

  async write(
    plainIndexes: readonly Uint8Array[],
    sessionId: string,
    options: CallOptions = {},
  ): Promise<readonly BlobMetadata[]> {
    const { storage, crypto, putOptions } = this.#parts;
    const written: BlobMetadata[] = [];
    for (const plain of plainIndexes) {
      const { id, bytes } = sealBlob(INDEX_PREFIX, plain, sessionId, crypto);
      await storage.put(id, [bytes], { ...putOptions, ...options });
      written.push(await storage.getMetadata(id, options));
    }
    return written;
  }

  async #compactionLogs(options: CallOptions): Promise<CompactionLog[]> {
    const logs: CompactionLog[] = [];
    for await (const { id } of this.#parts.storage.list(COMPACTION_LOG_PREFIX, options)) {
      const log = await this.#readLog(id, options);
      if (log !== undefined) logs.push(log);
    }
    return logs;
  }

  /** Undefined when the log is gone by now: then so are the inputs it names. */
  async #readLog(id: BlobId, options: CallOptions): Promise<CompactionLog | undefined> {
    try {
      const bytes = await this.#parts.storage.get(id, undefined, options);
      return decodeCompactionLog(openSealedBlob(id, bytes, this.#parts.crypto));
    } catch (error) {
      if (repositoryErrorCode(error) === 'BLOB_NOT_FOUND') return undefined;
      throw error;
    }
  }
}

/** IDs in a list of blob metadata; Go writes an empty list as null. */
function blobIdsOf(log: unknown, member: string): string[] {
  if (typeof log !== 'object' || log === null) throw new TypeError('not an object');
  const list: unknown = Object.entries(log).find(([name]) => name === member)?.[1] ?? [];
  if (!Array.isArray(list)) throw new TypeError(`${member} is no list`);
  return list.map((blob: unknown) => {
    if (typeof blob === 'object' && blob !== null && 'id' in blob && typeof blob.id === 'string')
      return blob.id;
    throw new TypeError(`${member} holds something that is no blob`);
  });
}
