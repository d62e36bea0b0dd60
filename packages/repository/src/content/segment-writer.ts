import type { RoomySink } from '../encryption/cipher.ts';
import { type ContentRecord, ContentRecords } from './content-records.ts';
import type { Handoff, PackKind } from './handoff.ts';
import { SEGMENT_BYTES, type SegmentPool } from './segments.ts';

/** Fills segments with the ciphertext of one pack kind and hands them over when enough has gathered. */
export class SegmentWriter implements RoomySink {
  readonly kind: PackKind;
  readonly #pool: SegmentPool;
  readonly #acquire: () => number;
  readonly #deliver: (handoff: Handoff) => void;
  #segments: { index: number; used: number }[] = [];
  #records = new ContentRecords();
  #current: Uint8Array = EMPTY;
  #used = 0;
  #total = 0;

  constructor(kind: PackKind, pool: SegmentPool, acquire: () => number, deliver: (handoff: Handoff) => void) {
    this.kind = kind;
    this.#pool = pool;
    this.#acquire = acquire;
    this.#deliver = deliver;
  }

  /** Bytes written since the last handover. */
  get length(): number {
    return this.#total;
  }

  room(): Uint8Array {
    if (this.#used === this.#current.length) this.#nextSegment();
    return this.#used === 0 ? this.#current : this.#current.subarray(this.#used);
  }

  advance(length: number): void {
    this.#used += length;
    this.#total += length;
  }

  write(bytes: Uint8Array): void {
    let from = 0;
    while (from < bytes.length) {
      if (this.#used === this.#current.length) this.#nextSegment();
      const length = Math.min(bytes.length - from, this.#current.length - this.#used);
      this.#current.set(
        from === 0 && length === bytes.length ? bytes : bytes.subarray(from, from + length),
        this.#used,
      );
      this.#used += length;
      from += length;
    }
    this.#total += bytes.length;
  }

  /** Records that the bytes since `content.offset` are one content, and hands over when a segment's worth is there. */
  finish(content: ContentRecord): void {
    this.#records.push(content);
    if (this.#total >= SEGMENT_BYTES - SLACK) this.flush();
  }

  /** Hands over whatever there is. */
  flush(): void {
    if (this.#segments.length === 0) return;
    this.#closeSegment();
    const handoff = { kind: this.kind, segments: this.#segments, records: this.#records.toBytes() };
    this.#segments = [];
    this.#records = new ContentRecords();
    this.#current = EMPTY;
    this.#used = 0;
    this.#total = 0;
    this.#deliver(handoff);
  }

  #closeSegment(): void {
    const last = this.#segments.at(-1);
    if (last) last.used = this.#used;
  }

  #nextSegment(): void {
    this.#closeSegment();
    const index = this.#acquire();
    this.#segments.push({ index, used: 0 });
    this.#current = this.#pool.bytes(index);
    this.#used = 0;
  }
}

const EMPTY = new Uint8Array(0);
/** A handover this close to a full segment would otherwise hold a second segment for a few bytes. */
const SLACK = 16 << 10;
