import type { BlobId, BlobStorage, PutOptions } from '../blob/storage.ts';
import type { Clock } from '../clock.ts';
import { invariant } from '../errors.ts';
import type { IndexEntry } from '../index/entry.ts';
import { packBlobId, packPadding, packPreamble } from '../pack/layout.ts';
import { sealLocalIndex } from '../pack/local-index.ts';
import type { SealingCrypto } from '../sealed/sealed-blob.ts';
import type { ContentFormat } from './content-format.ts';
import { ContentRecords } from './content-records.ts';
import type { Handoff, PackKind } from './handoff.ts';
import type { SegmentPool } from './segments.ts';

/** What a pack assembler works with. */
export interface PackAssemblerParts {
  readonly storage: BlobStorage;
  readonly format: ContentFormat;
  /** Bytes of kopia.repository, for repositories whose packs carry a copy. */
  readonly formatBlobCopy: Uint8Array | undefined;
  readonly crypto: SealingCrypto;
  readonly pool: SegmentPool;
  /** At which a pack is closed, when the format doesn't say less. */
  readonly packBytes: number;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  /** Current session, whose marker is stored before the first pack. */
  readonly session: () => Promise<{ readonly id: string }>;
  readonly putOptions: PutOptions;
}

interface OpenPack {
  readonly kind: PackKind;
  readonly parts: Uint8Array[];
  readonly segments: number[];
  readonly records: ContentRecords;
  length: number;
}

/** A pack whose contents are in no stored index yet. */
interface ClosedPack {
  /** Known once its session has started. */
  id: BlobId | undefined;
  readonly timestampSeconds: number;
}

/** Strings handoffs into packs and stores each pack when it is full. Main thread only. */
export class PackAssembler {
  readonly #parts: PackAssemblerParts;
  readonly #open = new Map<PackKind, OpenPack>();
  readonly #inFlight = new Set<Promise<void>>();
  #pending = new ContentRecords();
  #closed: ClosedPack[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(parts: PackAssemblerParts) {
    this.#parts = parts;
  }

  /** Contents that are in no stored index yet. */
  get pendingCount(): number {
    let count = this.#pending.count;
    for (const pack of this.#open.values()) count += pack.records.count;
    return count;
  }

  /** Takes over a handoff with its segments. Throws what made an earlier put fail: nothing more can be written then. */
  add(handoff: Handoff): void {
    if (this.#failure !== undefined) {
      for (const segment of handoff.segments) this.#parts.pool.release(segment.index);
      throw this.#failure.error;
    }
    const pack = this.#openPack(handoff.kind);
    pack.records.append(ContentRecords.fromBytes(handoff.records), pack.length, 0);
    for (const { index, used } of handoff.segments) {
      pack.parts.push(this.#parts.pool.bytes(index).subarray(0, used));
      pack.segments.push(index);
      pack.length += used;
    }
    if (pack.length >= this.#packLimit) this.#close(pack);
  }

  /** Lets nothing more be written, because of `error`. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /** Closes every open pack, so that their segments come back. */
  closeOpenPacks(): void {
    for (const pack of this.#open.values()) this.#close(pack);
  }

  /** Waits until every closed pack is stored; throws what made one fail. */
  async settle(): Promise<void> {
    await Promise.all(this.#inFlight);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Entries of all packs stored since the last call, sorted by key and unique. Call after `closeOpenPacks` and
   *  `settle`: an index must never name a pack that is not stored. The result can be read once. */
  takeEntries(): Iterable<IndexEntry> {
    const pending = this.#pending;
    const closed = this.#closed;
    this.#pending = new ContentRecords();
    this.#closed = [];
    return this.#takenEntries(pending, closed);
  }

  *#takenEntries(pending: ContentRecords, closed: readonly ClosedPack[]): Generator<IndexEntry> {
    yield* this.#entriesOf(pending, (pack) => closed[pack]);
    pending.clear();
  }

  /** Bytes of a content that is in no stored index yet, as stored; undefined when it is not among them. */
  async readPending(key: Uint8Array): Promise<PendingContent | undefined> {
    for (const pack of this.#open.values()) if (pack.records.lastIndexOf(key) >= 0) this.#close(pack);
    const at = this.#pending.lastIndexOf(key);
    if (at < 0) return undefined;
    await this.settle();
    const record = this.#pending.get(at);
    const id = this.#closed[record.pack]?.id;
    invariant(id !== undefined, 'a settled pack has a name');
    const stored = await this.#parts.storage.get(id, { offset: record.offset, length: record.packedLength });
    return { ...record, key: record.key.slice(), stored };
  }

  #openPack(kind: PackKind): OpenPack {
    const existing = this.#open.get(kind);
    if (existing) return existing;
    const preamble = packPreamble(this.#parts.formatBlobCopy, this.#parts.random);
    const pack: OpenPack = {
      kind,
      parts: [preamble],
      segments: [],
      records: new ContentRecords(),
      length: preamble.length,
    };
    this.#open.set(kind, pack);
    return pack;
  }

  get #packLimit(): number {
    return Math.min(this.#parts.format.maxPackSize, this.#parts.packBytes);
  }

  #close(pack: OpenPack): void {
    this.#open.delete(pack.kind);
    const closed: ClosedPack = {
      id: undefined,
      timestampSeconds: Math.floor(this.#parts.clock.nowMs() / 1000),
    };
    this.#pending.append(pack.records, 0, this.#closed.push(closed) - 1);
    const stored: Promise<void> = this.#store(pack, closed)
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.#inFlight.delete(stored);
        for (const segment of pack.segments) this.#parts.pool.release(segment);
      });
    this.#inFlight.add(stored);
  }

  async #store(pack: OpenPack, closed: ClosedPack): Promise<void> {
    const { random, storage, putOptions } = this.#parts;
    const session = await this.#parts.session();
    if (this.#failure !== undefined) return;
    closed.id = packBlobId(pack.kind, random(16), session.id);
    const padding = packPadding(pack.length, random);
    const tail = sealLocalIndex(
      this.#entriesOf(pack.records, () => closed),
      pack.length + padding.length,
      {
        version: this.#parts.format.indexVersion,
        crypto: this.#parts.crypto,
        random,
      },
    );
    pack.records.clear();
    await storage.put(closed.id, [...pack.parts, padding, ...tail], putOptions);
  }

  *#entriesOf(
    records: ContentRecords,
    packOf: (pack: number) => ClosedPack | undefined,
  ): Generator<IndexEntry> {
    const positions = records.sortedPositions();
    for (const [i, position] of positions.entries()) {
      const record = records.get(position);
      const next = positions[i + 1];
      if (next !== undefined && Buffer.compare(records.get(next).key, record.key) === 0) continue;
      const pack = packOf(record.pack);
      invariant(pack?.id !== undefined, 'an indexed pack has a name');
      yield {
        key: record.key.slice(),
        packBlobId: pack.id,
        packOffset: record.offset,
        packedLength: record.packedLength,
        originalLength: record.originalLength,
        timestampSeconds: Math.max(pack.timestampSeconds, record.afterTimestampSeconds + 1),
        deleted: record.deleted,
        formatVersion: this.#parts.format.formatVersion,
        compressionHeaderId: record.compressionHeaderId,
        encryptionKeyId: 0,
      };
    }
  }
}

/** A content that only this session knows. */
export interface PendingContent {
  readonly key: Uint8Array;
  readonly originalLength: number;
  readonly compressionHeaderId: number;
  readonly stored: Uint8Array;
}
