import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DIGEST_BYTES } from './stat-digest.ts';

/* A file of records, each of a directory's key and the digest of its entries, in buckets that are read at once:
 *
 *   header   8 bytes of magic, the number of buckets (u32, little-endian), 4 bytes 0
 *   bucket   64 records of 32 bytes, those that are free all zero
 *
 * It only saves time: a record that finds no room is left out, a table that can't be read is none. */

/** Bytes of a record: a key and a digest of DIGEST_BYTES each. */
export const RECORD_BYTES: number = 2 * DIGEST_BYTES;

const MAGIC = Buffer.from('HFSTATS1');
const HEADER_BYTES = 16;
const RECORDS_A_BUCKET = 64;
/** Fewer than fit, so that hardly a bucket overflows. */
const USUAL_RECORDS_A_BUCKET = 44;
const BUCKET_BYTES = RECORDS_A_BUCKET * RECORD_BYTES;

/** How many buckets a table of `records` records has. */
export function bucketsFor(records: number): number {
  return Math.max(1, Math.ceil(records / USUAL_RECORDS_A_BUCKET));
}

/** The first bytes of a table. */
export function tableHeader(buckets: number): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(buckets, MAGIC.length);
  return header;
}

/** Some of a table's buckets, being filled. */
export class Buckets {
  readonly #first: number;
  readonly #total: number;
  readonly bytes: Buffer;

  /** Buckets `first` to `first + count - 1` of `total`. */
  constructor(first: number, count: number, total: number) {
    this.#first = first;
    this.#total = total;
    this.bytes = Buffer.alloc(count * BUCKET_BYTES);
  }

  /** Puts in those of the records (several in a row) that belong here. */
  add(records: Buffer): void {
    for (let at = 0; at + RECORD_BYTES <= records.length; at += RECORD_BYTES) {
      const start = (bucketOf(records, at, this.#total) - this.#first) * BUCKET_BYTES;
      if (start >= 0 && start < this.bytes.length) this.#insert(start, records, at);
    }
  }

  #insert(start: number, records: Buffer, from: number): void {
    for (let at = start; at < start + BUCKET_BYTES; at += RECORD_BYTES) {
      if (!isFree(this.bytes, at)) continue;
      records.copy(this.bytes, at, from, from + RECORD_BYTES);
      return;
    }
  }
}

/** Finds records in a table's file, in one thread. */
export class StatTable {
  readonly #fd: number;
  readonly #buckets: number;
  readonly #bucket: Buffer = Buffer.allocUnsafeSlow(BUCKET_BYTES);

  private constructor(fd: number, buckets: number) {
    this.#fd = fd;
    this.#buckets = buckets;
  }

  /** Undefined when there is no table of that name, or not a whole one. */
  static open(path: string): StatTable | undefined {
    const fd = openIfExists(path);
    if (fd === undefined) return undefined;
    const buckets = bucketsOf(fd);
    if (buckets !== undefined) return new StatTable(fd, buckets);
    closeSync(fd);
    return undefined;
  }

  /** The digest recorded for `key`. */
  find(key: Uint8Array): Uint8Array | undefined {
    const start = HEADER_BYTES + bucketOf(Buffer.from(key), 0, this.#buckets) * BUCKET_BYTES;
    if (!readWhole(this.#fd, this.#bucket, start)) return undefined;
    for (let at = 0; at < BUCKET_BYTES; at += RECORD_BYTES)
      if (this.#bucket.compare(key, 0, DIGEST_BYTES, at, at + DIGEST_BYTES) === 0)
        return new Uint8Array(this.#bucket.subarray(at + DIGEST_BYTES, at + RECORD_BYTES));
    return undefined;
  }
}

function bucketOf(records: Buffer, at: number, buckets: number): number {
  return records.readUInt32LE(at) % buckets;
}

function isFree(bytes: Buffer, at: number): boolean {
  return bytes.readBigUInt64LE(at) === 0n && bytes.readBigUInt64LE(at + 8) === 0n;
}

function bucketsOf(fd: number): number | undefined {
  const header = Buffer.alloc(HEADER_BYTES);
  if (!readWhole(fd, header, 0) || !header.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const buckets = header.readUInt32LE(MAGIC.length);
  return buckets > 0 && fstatSync(fd).size === HEADER_BYTES + buckets * BUCKET_BYTES ? buckets : undefined;
}

function openIfExists(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

function readWhole(fd: number, into: Buffer, at: number): boolean {
  try {
    return readSync(fd, into, 0, into.length, at) === into.length;
  } catch {
    return false;
  }
}
