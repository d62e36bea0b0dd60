import type { BlobMetadata, BlobStorage, PutOptions } from '../blob/storage.ts';
import type { Budget } from '../budget.ts';
import type { Clock } from '../clock.ts';
import { invariant, repositoryErrorCode } from '../errors.ts';
import { type BloomFilter, createBloomFilter } from '../index/bloom.ts';
import { encodeIndex } from '../index/builder.ts';
import type { IndexEntry } from '../index/entry.ts';
import type { IndexWriter } from '../epoch/index-blobs.ts';
import type { ContentCrypto, ContentFormat } from './content-format.ts';
import { contentKey, type ContentId, type ContentPrefix } from './content-id.ts';
import { ContentEncoder, type EncoderStats, type RewriteOf, type StoredContent } from './encoder.ts';
import type { Handoff } from './handoff.ts';
import { IndexFiles } from './index-files.ts';
import type { IndexView } from './index-view.ts';
import { KnownContents, type KnownContentsMemory } from './known-contents.ts';
import { OwnContents } from './own-contents.ts';
import { PackAssembler, type PendingContent } from './pack-assembler.ts';
import { SEGMENT_BYTES, type SegmentMemory, SegmentPool } from './segments.ts';
import { type Session, startSession, type Writer } from './session.ts';

/** What a content writer works with. */
export interface ContentWriterParts {
  readonly storage: BlobStorage;
  readonly format: ContentFormat;
  readonly formatBlobCopy: Uint8Array | undefined;
  readonly crypto: ContentCrypto;
  readonly indexView: IndexView;
  readonly indexBlobs: IndexWriter;
  readonly budget: Budget;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly writer: Writer;
  readonly putOptions: PutOptions;
}

/** An index that a flush has stored. */
export interface FlushedIndex {
  /** Decrypted. */
  readonly plain: Uint8Array;
  readonly blobs: readonly BlobMetadata[];
}

/** What a worker thread needs to write contents of the same session. Plain data with secrets: only sent to threads. */
export interface WriterMemory {
  readonly format: ContentFormat;
  readonly segments: SegmentMemory;
  readonly known: KnownContentsMemory;
}

/** Stores contents: the main thread's end of the write path. Contents come from this thread (`write`) and from workers
 *  (`accept`); none is durable, or visible to others, before `flush` resolves. */
export class ContentWriter {
  readonly #parts: ContentWriterParts;
  readonly #pool: SegmentPool;
  readonly #bloom: BloomFilter;
  readonly #isFilterFilled: Uint8Array<SharedArrayBuffer> = new Uint8Array(new SharedArrayBuffer(1));
  readonly #own: OwnContents;
  readonly #files: IndexFiles;
  readonly #assembler: PackAssembler;
  readonly #encoder: ContentEncoder;
  readonly #reserved: number[] = [];
  readonly #afterFlush: Handoff[] = [];
  #flushing: Promise<unknown> | undefined;
  #session: Promise<Session> | undefined;
  #tombstones = new Map<ContentId, IndexEntry>();
  #indexNumber = 0;

  constructor(parts: ContentWriterParts) {
    this.#parts = parts;
    this.#pool = SegmentPool.create(parts.budget.segmentPoolBytes);
    this.#bloom = createBloomFilter(parts.budget.bloomBytes);
    this.#own = OwnContents.create(parts.budget.pendingContents);
    this.#files = new IndexFiles(parts.budget.indexPageBytes);
    this.#files.use(parts.indexView.paths);
    if (parts.indexView.count === 0) this.#fillFilter();
    this.#assembler = new PackAssembler({
      ...parts,
      pool: this.#pool,
      packBytes: parts.budget.packBytes,
      session: () => this.#currentSession(),
    });
    this.#encoder = new ContentEncoder({
      ...parts,
      known: new KnownContents(this.#knownMemory(), this.#files),
      pool: this.#pool,
      acquire: () => this.#acquire(),
      deliver: (handoff) => this.#assembler.add(handoff),
    });
  }

  /** For starting worker threads; index paths change and are asked for separately. */
  get memory(): WriterMemory {
    return {
      format: this.#parts.format,
      segments: this.#pool.memory,
      known: this.#knownMemory(),
    };
  }

  /** Index files that workers look contents up in; a new array after each flush. */
  get indexFiles(): readonly string[] {
    return this.#parts.indexView.paths;
  }

  /** Counters of what this thread encoded. */
  get stats(): EncoderStats {
    return this.#encoder.stats;
  }

  /** Whether so much is pending that the caller must flush before it writes more. */
  get isFull(): boolean {
    return this.#assembler.pendingCount >= this.#parts.budget.pendingContents;
  }

  /** Stores `data` unless it is stored already. The buffer is free again when this resolves. */
  async write(prefix: ContentPrefix, data: Uint8Array, compressor: string): Promise<ContentId> {
    const id = await this.#withRoom(data.length, () => this.#encoder.write(prefix, data, compressor));
    this.#tombstones.delete(id);
    return id;
  }

  /** Stores `data` again so that its new entry wins over `after`. */
  async rewrite(
    prefix: ContentPrefix,
    data: Uint8Array,
    compressor: string,
    after: RewriteOf,
  ): Promise<ContentId> {
    return await this.#withRoom(data.length, () => this.#encoder.rewrite(prefix, data, compressor, after));
  }

  /** Stores a content again, byte for byte as it is stored, so that its new entry wins over `after`. The caller has
   *  opened `content.stored` and so knows that it is sound. */
  async copy(content: StoredContent, after: RewriteOf): Promise<void> {
    await this.#withRoom(content.stored.length, () => this.#encoder.copy(content, after));
  }

  /** Takes over what a worker encoded. */
  accept(handoff: Handoff): void {
    if (this.#flushing === undefined) this.#assembler.add(handoff);
    else this.#afterFlush.push(handoff);
    if (this.#assembler.pendingCount > FILTER_PAYS_ABOVE && this.#isFilterFilled[0] === 0) this.#fillFilter();
  }

  /** A worker waits for a segment: gives back what open packs hold. */
  relieve(): void {
    this.#encoder.flush();
    this.#assembler.closeOpenPacks();
  }

  /** Marks a content as deleted with the next flush, unless it is written again before; unknown ones are passed over. */
  delete(id: ContentId): void {
    const entry = this.#parts.indexView.find(contentKey(id));
    if (entry === undefined || entry.deleted) return;
    const nowSeconds = Math.floor(this.#parts.clock.nowMs() / 1000);
    const timestampSeconds = Math.max(nowSeconds, entry.timestampSeconds + 1);
    this.#tombstones.set(id, { ...entry, deleted: true, timestampSeconds });
  }

  /** A content that is in no stored index yet. */
  async readPending(id: ContentId): Promise<PendingContent | undefined> {
    await this.#flushing;
    this.#encoder.flush();
    return await this.#assembler.readPending(contentKey(id));
  }

  /** Makes everything durable and visible: packs, then index, then the end of the session. Workers must have handed
   *  over what they hold. After a failure nothing more can be written; what was visible before still is. */
  async flush(): Promise<void> {
    await this.flushIndex();
  }

  /** As `flush`; returns the index that was stored, undefined when there was nothing to store. */
  async flushIndex(): Promise<FlushedIndex | undefined> {
    await this.#flushing;
    const flush = this.#flush().finally(() => (this.#flushing = undefined));
    this.#flushing = flush;
    const flushed = await flush;
    for (const handoff of this.#afterFlush.splice(0)) this.#assembler.add(handoff);
    return flushed;
  }

  /** Looks contents up in the index files as they are now, after a refresh. Nothing may be being written meanwhile. */
  indexChanged(): void {
    this.#files.use(this.#parts.indexView.paths);
    if (this.#isFilterFilled[0] !== 0) this.#fillFilter();
  }

  close(): void {
    this.#files.close();
  }

  async #flush(): Promise<FlushedIndex | undefined> {
    this.#encoder.flush();
    this.#assembler.closeOpenPacks();
    await this.#assembler.settle();
    const pending = this.#assembler.pendingCount;
    if (pending === 0 && this.#tombstones.size === 0) return undefined;
    const session = await this.#currentSession();
    const { index, blobs } = await this.#writeIndex(session);
    this.#parts.indexView.addOwn(`${session.id}-${this.#indexNumber++}`, index);
    this.#files.use(this.#parts.indexView.paths);
    this.#own.clear();
    this.#tombstones.clear();
    this.#session = undefined;
    await session.end().catch(ignoreLeftMarker);
    return { plain: index, blobs };
  }

  /** Stores the index of everything pending. When that fails the contents are in packs that no index names, while lookups
   *  take them for stored: nothing that relies on them may be written any more. */
  async #writeIndex(
    session: Session,
  ): Promise<{ readonly index: Uint8Array; readonly blobs: readonly BlobMetadata[] }> {
    try {
      const index = encodeIndex(this.#entriesToWrite(), this.#parts.format.indexVersion);
      return { index, blobs: await this.#parts.indexBlobs.write([index], session.id) };
    } catch (error) {
      this.#assembler.fail(error);
      throw error;
    }
  }

  *#entriesToWrite(): Generator<IndexEntry> {
    const tombstones = [...this.#tombstones.values()].toSorted((a, b) => Buffer.compare(a.key, b.key));
    let at = 0;
    for (const entry of this.#assembler.takeEntries()) {
      for (; at < tombstones.length; at++) {
        const tombstone = tombstones[at];
        const order = tombstone === undefined ? 1 : Buffer.compare(tombstone.key, entry.key);
        if (order > 0) break;
        if (order < 0 && tombstone !== undefined) yield tombstone;
      }
      yield entry;
    }
    yield* tombstones.slice(at);
  }

  #knownMemory(): KnownContentsMemory {
    const { memory: bloom } = this.#bloom;
    return { bloom, isFilled: this.#isFilterFilled.buffer, own: this.#own.memory };
  }

  /** Deleted contents come in too: a lookup in the index tells them apart. */
  #fillFilter(): void {
    this.#parts.indexView.forEachKey((key) => this.#bloom.add(key));
    Atomics.store(this.#isFilterFilled, 0, 1);
  }

  async #currentSession(): Promise<Session> {
    this.#session ??= startSession(this.#parts);
    return await this.#session;
  }

  /** Runs `encode`, which stores a content of `bytes`, with the segments it may need set aside: this thread can't
   *  wait for one in the middle, since it is the one that frees them. */
  async #withRoom<T>(bytes: number, encode: () => T): Promise<T> {
    const needed = Math.ceil((bytes * ECC_GROWTH + SEGMENT_BYTES) / SEGMENT_BYTES) + 1;
    await this.#flushing;
    while (this.#reserved.length < needed) {
      const version = this.#pool.version();
      const segment = this.#pool.tryAcquire();
      if (segment !== undefined) this.#reserved.push(segment);
      else await this.#waitForSegment(version);
    }
    try {
      return encode();
    } finally {
      for (const segment of this.#reserved.splice(0)) this.#pool.release(segment);
    }
  }

  async #waitForSegment(version: number): Promise<void> {
    this.relieve();
    await this.#pool.released(version);
    await this.#flushing;
  }

  #acquire(): number {
    const segment = this.#reserved.pop();
    invariant(segment !== undefined, 'segments were set aside before encoding');
    return segment;
  }
}

/** Contents written after which filling the filter (0.4 us a content of the index) has paid: unchanged trees write none. */
const FILTER_PAYS_ABOVE = 2000;
/** Stored bytes for a plain one, at most: the largest error-correction overhead. */
const ECC_GROWTH = 2.2;

function ignoreLeftMarker(error: unknown): void {
  if (repositoryErrorCode(error) === undefined) throw error;
}
