import { crc32Ieee } from '../crc32.ts';
import { CHECKSUM, LENGTH_FIELD, type StripeLayout } from './parameters.ts';

/** The shards of one input in their stored order, zeros that are not stored included: the parity shards of all stripes, then the
 *  data shards of all stripes, every shard behind the CRC-32 of its bytes. The data shards hold the data's length (4 bytes,
 *  big-endian), the data, then zeros. Shards of a stripe are numbered as in reed-solomon.ts, data first. */
export class ShardFile {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #layout: StripeLayout;
  /* Length of a shard with its checksum. */
  readonly #pitch: number;
  /* Where the checksum of the first data shard is. */
  readonly #dataFrom: number;

  /** Starts from `stored`, or from zeros. */
  constructor(layout: StripeLayout, stored?: Uint8Array) {
    const { stripes, shardLength, dataShards, parityShards } = layout;
    this.#layout = layout;
    this.#pitch = CHECKSUM + shardLength;
    this.#dataFrom = stripes * parityShards * this.#pitch;
    this.bytes = new Uint8Array(this.#dataFrom + stripes * dataShards * this.#pitch);
    this.#view = new DataView(this.bytes.buffer);
    if (stored !== undefined) this.bytes.set(stored);
  }

  /** Where the bytes of a shard begin; its checksum is before them. */
  shardAt(stripe: number, shard: number): number {
    const { dataShards, parityShards } = this.#layout;
    const isParity = shard >= dataShards;
    const before = isParity ? stripe * parityShards + shard - dataShards : stripe * dataShards + shard;
    return (isParity ? 0 : this.#dataFrom) + before * this.#pitch + CHECKSUM;
  }

  /** `shardAt` of several shards. */
  shardsAt(stripe: number, shards: readonly number[]): Int32Array {
    return Int32Array.from(shards, (shard) => this.shardAt(stripe, shard));
  }

  /** Sets the checksum of the shard at `at` to what it should be. */
  seal(at: number): void {
    this.#view.setUint32(at - CHECKSUM, this.#checksum(at));
  }

  /** Whether the checksum of the shard at `at` is what it should be. */
  isIntact(at: number): boolean {
    return this.#view.getUint32(at - CHECKSUM) === this.#checksum(at);
  }

  /** Puts `data` and its length into the data shards. */
  putData(data: Uint8Array): void {
    const length = new Uint8Array(LENGTH_FIELD);
    new DataView(length.buffer).setUint32(0, data.length);
    this.#spans(0, LENGTH_FIELD, (at, from, span) => copy(length, from, this.bytes, at, span));
    this.#spans(LENGTH_FIELD, data.length, (at, from, span) => copy(data, from, this.bytes, at, span));
  }

  /** The data in the data shards; undefined when its length field can't be right. */
  takeData(): Uint8Array | undefined {
    const field = new Uint8Array(LENGTH_FIELD);
    this.#spans(0, LENGTH_FIELD, (at, from, span) => copy(this.bytes, at, field, from, span));
    const length = new DataView(field.buffer).getUint32(0);
    const { stripes, dataShards, shardLength } = this.#layout;
    if (LENGTH_FIELD + length > stripes * dataShards * shardLength) return undefined;
    const data = new Uint8Array(length);
    this.#spans(LENGTH_FIELD, length, (at, from, span) => copy(this.bytes, at, data, from, span));
    return data;
  }

  /** Everything in the data shards: length field, data and zeros, or a part of that when these are not all stripes. */
  takeShards(): Uint8Array {
    const { stripes, dataShards, shardLength } = this.#layout;
    const all = new Uint8Array(stripes * dataShards * shardLength);
    this.#spans(0, all.length, (at, from, span) => copy(this.bytes, at, all, from, span));
    return all;
  }

  /* Calls `visit` for every piece of `length` bytes from `inputFrom` on that lies in one shard: where it is, how far into the
   * bytes, how long. Once a shard, not once a byte. */
  #spans(inputFrom: number, length: number, visit: (at: number, from: number, span: number) => void): void {
    const { shardLength } = this.#layout;
    for (let from = 0; from < length;) {
      const within = (inputFrom + from) % shardLength;
      const shard = (inputFrom + from - within) / shardLength;
      const span = Math.min(shardLength - within, length - from);
      visit(this.#dataFrom + shard * this.#pitch + CHECKSUM + within, from, span);
      from += span;
    }
  }

  #checksum(at: number): number {
    return crc32Ieee(this.bytes, at, at + this.#layout.shardLength);
  }
}

/* Shards are so short that `set` with its two views would take longer. */
function copy(source: Uint8Array, from: number, target: Uint8Array, at: number, length: number): void {
  for (let i = 0; i < length; i++) target[at + i] = source[from + i] ?? 0;
}
