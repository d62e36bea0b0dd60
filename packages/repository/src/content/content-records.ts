/** One content as its writer knows it. */
export interface ContentRecord {
  /** Index key: prefix character, then the hash. Only read, not kept. */
  readonly key: Uint8Array;
  /** Bytes from the start of the handoff or pack it lies in. */
  readonly offset: number;
  readonly packedLength: number;
  readonly originalLength: number;
  readonly compressionHeaderId: number;
  /** Timestamp that the new entry must exceed; 0 when the content is new. */
  readonly afterTimestampSeconds: number;
  readonly deleted: boolean;
}

/* Record: key (33 at most, zero-filled) · 36 offset · 40 packed · 44 original · 48 compression · 52 after · 56 deleted
 *         57 key length · 60 pack number */
const RECORD_BYTES = 64;
const OFFSET = 36;
const PACKED = 40;
const ORIGINAL = 44;
const COMPRESSION = 48;
const AFTER = 52;
const DELETED = 56;
const KEY_LENGTH = 57;
const PACK = 60;

/** A list of contents in one buffer: cheap to send between threads and 64 bytes an entry in memory. */
export class ContentRecords {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #count: number;

  /** `bytes` fill their buffer, which is the list's own from now on. */
  constructor(bytes: Uint8Array<ArrayBuffer> = new Uint8Array(64 * RECORD_BYTES), count = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#count = count;
  }

  get count(): number {
    return this.#count;
  }

  push(record: ContentRecord): void {
    this.#grow(1);
    const at = this.#count++ * RECORD_BYTES;
    this.#bytes.fill(0, at, at + RECORD_BYTES);
    this.#bytes.set(record.key, at);
    this.#view.setUint32(at + OFFSET, record.offset);
    this.#view.setUint32(at + PACKED, record.packedLength);
    this.#view.setUint32(at + ORIGINAL, record.originalLength);
    this.#view.setUint32(at + COMPRESSION, record.compressionHeaderId);
    this.#view.setUint32(at + AFTER, record.afterTimestampSeconds);
    this.#bytes[at + DELETED] = record.deleted ? 1 : 0;
    this.#bytes[at + KEY_LENGTH] = record.key.length;
  }

  /** Appends all of `other`, moved by `offset` bytes, as lying in pack `pack`. */
  append(other: ContentRecords, offset: number, pack: number): void {
    this.#grow(other.count);
    const from = this.#count;
    this.#bytes.set(other.#bytes.subarray(0, other.count * RECORD_BYTES), from * RECORD_BYTES);
    this.#count += other.count;
    for (let i = from; i < this.#count; i++) {
      const at = i * RECORD_BYTES;
      this.#view.setUint32(at + OFFSET, this.#view.getUint32(at + OFFSET) + offset);
      this.#view.setUint32(at + PACK, pack);
    }
  }

  /** The record at `i`; its key is a view into this list. */
  get(i: number): ContentRecord & { readonly pack: number } {
    const at = i * RECORD_BYTES;
    const view = this.#view;
    return {
      key: this.#bytes.subarray(at, at + (this.#bytes[at + KEY_LENGTH] ?? 0)),
      offset: view.getUint32(at + OFFSET),
      packedLength: view.getUint32(at + PACKED),
      originalLength: view.getUint32(at + ORIGINAL),
      compressionHeaderId: view.getUint32(at + COMPRESSION),
      afterTimestampSeconds: view.getUint32(at + AFTER),
      deleted: this.#bytes[at + DELETED] === 1,
      pack: view.getUint32(at + PACK),
    };
  }

  /** Position of the last record with this key, or -1. Looks at each: meant for the few hundred thousand of a session. */
  lastIndexOf(key: Uint8Array): number {
    const bytes = this.#bytes;
    outer: for (let i = this.#count - 1; i >= 0; i--) {
      const at = i * RECORD_BYTES;
      for (let j = key.length - 1; j >= 0; j--) if (bytes[at + j] !== key[j]) continue outer;
      if (bytes[at + KEY_LENGTH] === key.length) return i;
    }
    return -1;
  }

  /** Positions in ascending order of keys; of equal keys the last record comes last. */
  sortedPositions(): Uint32Array {
    const positions = Uint32Array.from({ length: this.#count }, (_, i) => i);
    return positions.sort((a, b) => this.#compare(a, b) || a - b);
  }

  /** Gives the memory back now; the list is empty then. */
  clear(): void {
    this.#count = 0;
    this.#resize(0);
  }

  /** The list as one exact buffer, for sending: `new ContentRecords(bytes, count)` reads it. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#count * RECORD_BYTES);
  }

  static fromBytes(bytes: Uint8Array<ArrayBuffer>): ContentRecords {
    return new ContentRecords(bytes, bytes.length / RECORD_BYTES);
  }

  #compare(a: number, b: number): number {
    const view = this.#view;
    for (let i = 0; i < OFFSET; i += 4) {
      const difference = view.getUint32(a * RECORD_BYTES + i) - view.getUint32(b * RECORD_BYTES + i);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  #grow(by: number): void {
    const needed = (this.#count + by) * RECORD_BYTES;
    if (needed <= this.#bytes.length) return;
    this.#resize(Math.max(needed, this.#bytes.length * 2));
  }

  /** What is outgrown is freed at once, for which the collector would wait long. */
  #resize(length: number): void {
    this.#bytes = new Uint8Array(this.#bytes.buffer.transfer(length));
    this.#view = new DataView(this.#bytes.buffer);
  }
}
