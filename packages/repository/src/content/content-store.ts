import type { BlobReader, BlobId } from '../blob/storage.ts';
import { RepositoryError } from '../errors.ts';
import type { IndexEntry } from '../index/entry.ts';
import type { ContentCrypto } from './content-format.ts';
import { contentIdFromKey, type ContentId, contentKey, type ContentPrefix } from './content-id.ts';
import type { ContentWriter } from './content-writer.ts';
import { decodeContent } from './decoder.ts';
import type { IndexView } from './index-view.ts';

/** What a content store works with. */
export interface ContentStoreParts {
  readonly storage: BlobReader;
  readonly crypto: ContentCrypto;
  readonly indexView: IndexView;
  /** Asked before the storage. */
  readonly cache?: StoredCacheReader | undefined;
}

/** Keeps stored bytes of contents from one command to the next. */
export interface StoredCacheReader {
  /** The stored bytes of a content, from wherever they are. */
  readStored(entry: IndexEntry, signal?: AbortSignal): Promise<Uint8Array>;
  /** Forgets what it has of a content, since that is damaged; whether it had anything. */
  discard(entry: IndexEntry): boolean;
}

/** Reads contents out of packs in a way of its own. */
export interface PackReader {
  /** The stored bytes of a content. */
  readStored(entry: Pick<IndexEntry, 'packBlobId' | 'packOffset' | 'packedLength'>): Promise<Uint8Array>;
}

/** Finds and reads contents. */
export class ContentStore {
  readonly #parts: ContentStoreParts;
  #metadataPacks: PackReader | undefined;
  #writer: ContentWriter | undefined;

  constructor(parts: ContentStoreParts) {
    this.#parts = parts;
  }

  /** Also reads what this writer has not flushed yet. */
  attachWriter(writer: ContentWriter): void {
    this.#writer = writer;
  }

  /** Reads what lies in metadata packs through `packs` from now on; undefined for the storage again. */
  readMetadataThrough(packs: PackReader | undefined): void {
    this.#metadataPacks = packs;
  }

  /** Index entry of a content, also of one that is marked as deleted but still readable. Sees what is flushed. */
  find(id: ContentId): IndexEntry | undefined {
    return this.#parts.indexView.find(contentKey(id));
  }

  /** The plain bytes of a content. Throws CONTENT_NOT_FOUND, CONTENT_CORRUPT, or what the storage throws. */
  async read(id: ContentId, signal?: AbortSignal): Promise<Uint8Array> {
    const entry = this.find(id);
    if (entry === undefined) return await this.#readPending(id);
    const decode = (stored: Uint8Array): Uint8Array =>
      decodeNamed(id, () => decodeContent(this.#parts.crypto, entry, stored));
    const stored = await this.readStored(entry, signal);
    try {
      return decode(stored);
    } catch (error) {
      // What was damaged in the cache may be sound in the storage.
      if (this.#parts.cache?.discard(entry) !== true) throw error;
      return decode(await this.readStored(entry, signal));
    }
  }

  /** The stored bytes of a content: what `decodeContent` takes. */
  async readStored(entry: IndexEntry, signal?: AbortSignal): Promise<Uint8Array> {
    if (entry.encryptionKeyId !== 0) throw unknownKey(entry);
    if (this.#metadataPacks !== undefined && entry.packBlobId.startsWith('q'))
      return await this.#metadataPacks.readStored(entry);
    if (this.#parts.cache !== undefined) return await this.#parts.cache.readStored(entry, signal);
    const range = { offset: entry.packOffset, length: entry.packedLength };
    // Pack names in an index are blob names by definition of the format.
    return await this.#parts.storage.get(entry.packBlobId as BlobId, range, { ...(signal && { signal }) });
  }

  /** IDs of all contents with `prefix` that are not deleted, flushed ones only. */
  *list(prefix?: ContentPrefix): Generator<ContentId> {
    for (const entry of this.#parts.indexView.entries(prefix))
      if (!entry.deleted) yield contentIdFromKey(entry.key);
  }

  async #readPending(id: ContentId): Promise<Uint8Array> {
    const pending = await this.#writer?.readPending(id);
    if (pending === undefined) throw notFound(id);
    return decodeContent(this.#parts.crypto, pending, pending.stored);
  }
}

function decodeNamed(id: ContentId, decode: () => Uint8Array): Uint8Array {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof RepositoryError)) throw error;
    throw new RepositoryError(
      error.code,
      `content ${id}: ${error.message}`,
      { ...error.detail, content: id },
      error,
    );
  }
}

function notFound(id: ContentId): RepositoryError {
  return new RepositoryError(
    'CONTENT_NOT_FOUND',
    `content ${id} is in no index of this repository; an index blob may be missing: try index recovery`,
    { content: id },
  );
}

function unknownKey(entry: IndexEntry): RepositoryError {
  return new RepositoryError(
    'ALGORITHM_UNKNOWN',
    `content ${contentIdFromKey(entry.key)} uses encryption key ${entry.encryptionKeyId}, which this version does not know`,
    { keyId: entry.encryptionKeyId },
  );
}
