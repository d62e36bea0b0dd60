import { invariant, RepositoryError } from '../errors.ts';
import type { IndexEntry } from './entry.ts';
import { compareKeyAt } from './key.ts';
import { checkLimits } from './limits.ts';
import { fitsV1, V1_ENTRY_BYTES, V1_HEADER_BYTES, writeV1Entry } from './v1.ts';
import { encodeV2Header, V2_HEADER_BYTES, V2_NARROW_ENTRY, V2_WIDE_ENTRY, writeV2Entry } from './v2.ts';
import { V2Tables } from './v2-tables.ts';
import { readUint32, writeUint16, writeUint32 } from './wire.ts';

/** Encodes an index, byte for byte as kopia does, without random suffix. `entries` are sorted by key, unique, at least
 *  one, with keys of one length; they are read once and not kept. The result fills its buffer. Throws
 *  FORMAT_UNSUPPORTED for another version than 1 and 2 and for what the version can't express, INDEX_CORRUPT for values out of
 *  the format's limits. */
export function encodeIndex(entries: Iterable<IndexEntry>, version: number): Uint8Array<ArrayBuffer> {
  switch (version) {
    case 1:
      return encodeV1(entries);
    case 2:
      return encodeV2(entries);
    default:
      throw new RepositoryError('FORMAT_UNSUPPORTED', `index version ${version} is not known`, { version });
  }
}

function encodeV2(entries: Iterable<IndexEntry>): Uint8Array<ArrayBuffer> {
  const tables = new V2Tables();
  const rows = new Rows(V2_HEADER_BYTES, V2_WIDE_ENTRY);
  let longest = 0;
  for (const entry of entries) {
    checkLimits(entry);
    longest = Math.max(longest, entry.packedLength, entry.originalLength);
    const refs = { pack: tables.packIndex(entry.packBlobId), format: tables.formatIndex(entry) };
    const at = rows.append(entry.key);
    writeV2Entry(rows.bytes, at, entry, refs);
  }
  const entrySize = v2EntrySize(tables, longest);
  const { keyLength, count } = rows;
  const tablesOffset = V2_HEADER_BYTES + count * (keyLength + entrySize);
  const tail = tables.encode(tablesOffset);
  const out = rows.finish(entrySize, tail.length);
  const { packCount, formatCount } = tables;
  out.set(encodeV2Header({ keyLength, entrySize, count, packCount, formatCount }));
  out.set(tail, tablesOffset);
  return out;
}

/** Optional bytes come in a fixed order, so that a later one brings those before it. */
function v2EntrySize(tables: V2Tables, longest: number): number {
  if (longest >= 2 ** 24) return V2_WIDE_ENTRY;
  if (tables.packCount > 2 ** 16) return V2_NARROW_ENTRY + 2;
  return tables.formatCount > 1 ? V2_NARROW_ENTRY + 1 : V2_NARROW_ENTRY;
}

function encodeV1(entries: Iterable<IndexEntry>): Uint8Array<ArrayBuffer> {
  const names = new Map<string, number>();
  const rows = new Rows(V1_HEADER_BYTES, V1_ENTRY_BYTES);
  let nameBytes = 0;
  for (const entry of entries) {
    checkLimits(entry);
    if (!fitsV1(entry))
      throw new RepositoryError('FORMAT_UNSUPPORTED', 'index version 1 has no room for compressed contents');
    let nameOffset = names.get(entry.packBlobId);
    if (nameOffset === undefined) {
      nameOffset = nameBytes;
      names.set(entry.packBlobId, nameOffset);
      nameBytes += entry.packBlobId.length;
    }
    const at = rows.append(entry.key);
    writeV1Entry(rows.bytes, at, entry, nameOffset);
  }
  const { keyLength, count } = rows;
  const namesAt = V1_HEADER_BYTES + count * (keyLength + V1_ENTRY_BYTES);
  const out = Buffer.from(rows.finish(V1_ENTRY_BYTES, nameBytes).buffer);
  out[0] = 1;
  out[1] = keyLength;
  writeUint16(out, 2, V1_ENTRY_BYTES);
  writeUint32(out, 4, count);
  makeNameOffsetsAbsolute(out, namesAt, keyLength);
  for (const [name, offset] of names) out.write(name, namesAt + offset, 'latin1');
  return out;
}

function makeNameOffsetsAbsolute(index: Uint8Array, namesAt: number, keyLength: number): void {
  const NAME_OFFSET = 8;
  for (let at = V1_HEADER_BYTES + keyLength; at < namesAt; at += keyLength + V1_ENTRY_BYTES)
    writeUint32(index, at + NAME_OFFSET, namesAt + readUint32(index, at + NAME_OFFSET));
}

/** Keys, each followed by room for an entry, behind a header and in one growing array that the index is made of in the end. What
 *  it outgrows is freed at once: left to the collector, that was 12 MB for an index of 2. */
class Rows {
  readonly #headBytes: number;
  readonly #entrySize: number;
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(4096);
  count = 0;
  #keyLength = 0;

  constructor(headBytes: number, entrySize: number) {
    this.#headBytes = headBytes;
    this.#entrySize = entrySize;
  }

  /** Throws InvariantError when there are no entries: such an index is never written. */
  get keyLength(): number {
    invariant(this.count > 0, 'an index has entries');
    return this.#keyLength;
  }

  /** Adds a key and returns where its entry goes in `bytes`, until the next call. */
  append(key: Uint8Array): number {
    if (this.count === 0) this.#keyLength = key.length;
    const stride = this.#keyLength + this.#entrySize;
    const at = this.#headBytes + this.count * stride;
    const before = at - stride;
    invariant(key.length === this.#keyLength, 'the keys of an index have one length');
    invariant(
      this.count === 0 || compareKeyAt(this.bytes, before, key.length, key) < 0,
      'the entries of an index are sorted and unique',
    );
    this.#reserve(at + stride);
    this.bytes.set(key, at);
    this.count++;
    return at + key.length;
  }

  /** The array with all rows, of each entry only the first `entrySize` bytes, and room for `tailBytes` behind them. Header and
   *  tail hold anything; the rows are spent. */
  finish(entrySize: number, tailBytes: number): Uint8Array<ArrayBuffer> {
    const from = this.#keyLength + this.#entrySize;
    const to = this.#keyLength + entrySize;
    const { bytes, count } = this;
    const head = this.#headBytes;
    for (let row = 1; row < count && from > to; row++)
      bytes.copyWithin(head + row * to, head + row * from, head + row * from + to);
    return new Uint8Array(bytes.buffer.transfer(head + count * to + tailBytes));
  }

  #reserve(length: number): void {
    if (length <= this.bytes.length) return;
    this.bytes = new Uint8Array(this.bytes.buffer.transfer(Math.max(length, this.bytes.length * 2)));
  }
}
