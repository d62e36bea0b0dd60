import { parseBlobId } from '../blob/blob-id.ts';
import { createSlots, type Slots } from '../blob/slots.ts';
import type { BlobReader } from '../blob/storage.ts';
import type { Clock } from '../clock.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { PersistentCache } from './persistent-cache.ts';
import type { StoredCache, StoredPlace } from './stored-cache.ts';
import { type CacheSettings, targetBytes } from './settings.ts';

/** What a content cache works with. */
export interface ContentCacheParts {
  readonly storage: BlobReader;
  readonly settings: CacheSettings;
  /** Shared with others who use the same repository, or nobody. */
  readonly directory: string;
  readonly key: Uint8Array;
  readonly clock: Clock;
  /** Told of bytes that need not be fetched. */
  readonly onHit: (bytes: number) => void;
}

/** Packs held in memory while they are on their way to the disk. */
const PACKS_AT_ONCE = 2;

/** Stored bytes of contents, from the cache if possible and else from the storage, whence they are kept. Contents in
 *  metadata packs bring their whole pack: the neighbours will be asked for next. Source: kopia internal/cache/content_cache.go. */
export class ContentCache implements StoredCache {
  readonly #parts: ContentCacheParts;
  readonly #contents: PersistentCache;
  readonly #metadata: PersistentCache;
  readonly #fetches = new KeyedQueue();
  readonly #packSlots: Slots = createSlots(PACKS_AT_ONCE);
  /** No longer, once one was fetched and could not be kept: the next content would fetch it again. */
  #keepsPacks = true;

  constructor(parts: ContentCacheParts) {
    this.#parts = parts;
    const { directory, key, clock, settings } = parts;
    const common = { directory, key, clock };
    this.#contents = new PersistentCache({ ...common, kind: 'contents', limits: settings.contents });
    this.#metadata = new PersistentCache({ ...common, kind: 'metadata', limits: settings.metadata });
  }

  /** The stored bytes of a content. Throws what the storage throws. */
  async readStored(place: StoredPlace, signal?: AbortSignal): Promise<Uint8Array> {
    const known = this.get(place);
    if (known !== undefined) return known;
    return await this.#fetches.run(
      entryOf(place),
      async () => this.get(place) ?? (await this.#fetch(place, signal)),
    );
  }

  get contentBytes(): number {
    return targetBytes(this.#parts.settings.contents);
  }

  has(place: StoredPlace): boolean {
    const { packBlobId, packOffset, packedLength } = place;
    const end = isMetadataPack(packBlobId) ? packOffset + packedLength : packedLength;
    return this.#of(packBlobId).isAsLong(entryOf(place), end);
  }

  get(place: StoredPlace): Uint8Array | undefined {
    const { packBlobId, packOffset, packedLength } = place;
    const stored = isMetadataPack(packBlobId)
      ? this.#metadata.getRange(entryOf(place), packOffset, packedLength)
      : this.#contents.get(entryOf(place));
    if (stored !== undefined) this.#parts.onHit(stored.length);
    return stored;
  }

  async put(place: StoredPlace, stored: Uint8Array): Promise<void> {
    if (!isMetadataPack(place.packBlobId)) await this.#contents.put(entryOf(place), stored);
  }

  discard(place: StoredPlace): boolean {
    return this.#of(place.packBlobId).remove(entryOf(place));
  }

  async packFile(packBlobId: string, signal?: AbortSignal): Promise<string | undefined> {
    if (!isMetadataPack(packBlobId)) return undefined;
    const known = this.#metadata.file(packEntry(packBlobId));
    if (known !== undefined) {
      this.#parts.onHit(known.bytes);
      return known.path;
    }
    await this.#packSlots.run(() => this.prefetch(packBlobId, signal), signal);
    return this.#metadata.file(packEntry(packBlobId))?.path;
  }

  /** Fetches a metadata pack unless it is there; whether it was fetched. It is in memory meanwhile: the caller sees to it
   *  that they are few at a time. Throws what the storage throws. */
  async prefetch(packBlobId: string, signal?: AbortSignal): Promise<boolean> {
    return await this.#fetches.run(packEntry(packBlobId), async () => {
      if (this.#metadata.has(packEntry(packBlobId)) || !this.#takesPack(0)) return false;
      await this.#fetchPack(packBlobId, signal);
      return true;
    });
  }

  /** Lets other processes know how much was added. */
  async close(): Promise<void> {
    await Promise.all([this.#contents.close(), this.#metadata.close()]);
  }

  async #fetch(place: StoredPlace, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { packBlobId, packOffset, packedLength } = place;
    const end = packOffset + packedLength;
    if (isMetadataPack(packBlobId) && this.#takesPack(end)) {
      const pack = await this.#packSlots.run(() => this.#fetchPack(packBlobId, signal), signal);
      // A pack that is too short fails as it does without a cache.
      if (end <= pack.length) return pack.slice(packOffset, end);
    }
    const range = { offset: packOffset, length: packedLength };
    const stored = await this.#parts.storage.get(parseBlobId(packBlobId), range, {
      ...(signal && { signal }),
    });
    await this.put(place, stored);
    return stored;
  }

  async #fetchPack(packBlobId: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const id = parseBlobId(packBlobId);
    const pack = await this.#parts.storage.get(id, undefined, { ...(signal && { signal }) });
    this.#keepsPacks = await this.#metadata.put(packEntry(packBlobId), pack);
    return pack;
  }

  #takesPack(bytes: number): boolean {
    return this.#keepsPacks && this.#metadata.takes(bytes);
  }

  #of(packBlobId: string): PersistentCache {
    return isMetadataPack(packBlobId) ? this.#metadata : this.#contents;
  }
}

/** The packs with everything but the data of files. */
function isMetadataPack(packBlobId: string): boolean {
  return packBlobId.startsWith('q');
}

function entryOf({ packBlobId, key }: StoredPlace): string {
  return isMetadataPack(packBlobId) ? packEntry(packBlobId) : contentEntry(key);
}

/** The prefix goes last, so that entries spread over all directories. */
function packEntry(packBlobId: string): string {
  return packBlobId.slice(1) + packBlobId.slice(0, 1);
}

function contentEntry(key: Uint8Array): string {
  const prefix = key[0] === undefined || key[0] === 0 ? '' : String.fromCharCode(key[0]);
  return Buffer.from(key.buffer, key.byteOffset + 1, key.length - 1).toString('hex') + prefix;
}
