import { compressorByName } from '../compression/registry.ts';
import { type ContentCrypto, type ContentFormat, contentIv } from './content-format.ts';
import { type ContentId, contentIdOf, type ContentPrefix } from './content-id.ts';
import type { Handoff, PackKind } from './handoff.ts';
import type { KnownContents } from './known-contents.ts';
import { SegmentWriter } from './segment-writer.ts';
import type { SegmentPool } from './segments.ts';

/** What an encoder works with; all of it belongs to its thread, except the pool's memory. */
export interface EncoderParts {
  readonly format: ContentFormat;
  readonly crypto: ContentCrypto;
  readonly known: KnownContents;
  readonly pool: SegmentPool;
  /** Gets a segment, waiting if need be. */
  readonly acquire: () => number;
  readonly deliver: (handoff: Handoff) => void;
}

/** Counters of one encoder. Bytes are uncompressed unless said otherwise. */
export interface EncoderStats {
  hashedBytes: number;
  hashedContents: number;
  newContents: number;
  newBytes: number;
  /** As stored, encryption included. */
  storedBytes: number;
}

/** Turns bytes into stored contents, in one thread: hash, look up, compress, encrypt into segments. */
export class ContentEncoder {
  readonly stats: EncoderStats = {
    hashedBytes: 0,
    hashedContents: 0,
    newContents: 0,
    newBytes: 0,
    storedBytes: 0,
  };
  readonly #parts: EncoderParts;
  readonly #writers: Readonly<Record<PackKind, SegmentWriter>>;
  readonly #key: Uint8Array;
  readonly #hash: Uint8Array;

  constructor(parts: EncoderParts) {
    this.#parts = parts;
    const writer = (kind: PackKind): SegmentWriter =>
      new SegmentWriter(kind, parts.pool, parts.acquire, parts.deliver);
    this.#writers = { p: writer('p'), q: writer('q') };
    this.#key = new Uint8Array(1 + parts.crypto.hasher.digestLength);
    this.#hash = this.#key.subarray(1);
  }

  /** Stores `data` unless it is stored already, and returns its ID. `data` is only read, and free again on return.
   *  Nothing is durable before the next flush of the session. `compressor` is '' or 'none' for none. */
  write(prefix: ContentPrefix, data: Uint8Array, compressor: string): ContentId {
    const { known, crypto } = this.#parts;
    crypto.hasher.hash(data, this.#hash);
    this.#key[0] = prefix === '' ? 0 : prefix.charCodeAt(0);
    this.stats.hashedBytes += data.length;
    this.stats.hashedContents++;
    const since = known.missingSince(this.#key);
    if (since !== undefined && known.claim(this.#key)) this.#store(prefix, data, compressor, since, false);
    return contentIdOf(prefix, this.#hash);
  }

  /** Stores `data` although it is known, so that its entry is newer than `afterTimestampSeconds`. */
  rewrite(prefix: ContentPrefix, data: Uint8Array, compressor: string, after: RewriteOf): ContentId {
    this.#parts.crypto.hasher.hash(data, this.#hash);
    this.#key[0] = prefix === '' ? 0 : prefix.charCodeAt(0);
    this.#store(prefix, data, compressor, after.timestampSeconds, after.deleted);
    return contentIdOf(prefix, this.#hash);
  }

  /** Stores a content as it is stored already, so that its entry is newer than `after`. */
  copy({ key, stored, originalLength, compressionHeaderId }: StoredContent, after: RewriteOf): void {
    const writer = this.#writers[key[0] === 0 ? 'p' : 'q'];
    const offset = writer.length;
    writer.write(stored);
    this.stats.newContents++;
    this.stats.newBytes += originalLength;
    this.stats.storedBytes += stored.length;
    writer.finish({
      key,
      offset,
      originalLength,
      compressionHeaderId,
      packedLength: stored.length,
      afterTimestampSeconds: after.timestampSeconds,
      deleted: after.deleted,
    });
  }

  /** Hands over all segments, however little they hold. */
  flush(): void {
    this.#writers.p.flush();
    this.#writers.q.flush();
  }

  #store(
    prefix: ContentPrefix,
    data: Uint8Array,
    compressor: string,
    afterTimestampSeconds: number,
    deleted: boolean,
  ): void {
    const writer = this.#writers[prefix === '' ? 'p' : 'q'];
    const packed = this.#compress(data, compressor);
    const offset = writer.length;
    this.#encrypt(packed ?? data, writer);
    const packedLength = writer.length - offset;
    this.stats.newContents++;
    this.stats.newBytes += data.length;
    this.stats.storedBytes += packedLength;
    writer.finish({
      key: this.#key,
      offset,
      packedLength,
      originalLength: data.length,
      compressionHeaderId: packed === undefined ? 0 : headerIdOf(packed),
      afterTimestampSeconds,
      deleted,
    });
  }

  #compress(data: Uint8Array, compressor: string): Uint8Array | undefined {
    if (compressor === '' || compressor === 'none' || this.#parts.format.indexVersion < 2) return undefined;
    return compressorByName(compressor).compress(data);
  }

  #encrypt(plain: Uint8Array, writer: SegmentWriter): void {
    const { cipher, ecc } = this.#parts.crypto;
    const iv = contentIv(this.#hash);
    if (ecc === undefined) return cipher.encrypt(plain, iv, writer);
    const sealed = new Uint8Array(plain.length + cipher.overhead);
    let used = 0;
    cipher.encrypt(plain, iv, { write: (bytes) => (sealed.set(bytes, used), (used += bytes.length)) });
    writer.write(ecc.encode(sealed));
  }
}

/** A content in its stored form, which does not depend on the pack that holds it. */
export interface StoredContent {
  /** Index key. */
  readonly key: Uint8Array;
  readonly stored: Uint8Array;
  readonly originalLength: number;
  readonly compressionHeaderId: number;
}

/** The entry that a rewritten content replaces. */
export interface RewriteOf {
  readonly timestampSeconds: number;
  readonly deleted: boolean;
}

function headerIdOf(packed: Uint8Array): number {
  return new DataView(packed.buffer, packed.byteOffset).getUint32(0);
}
