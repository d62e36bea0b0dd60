import type { ByteSource } from './byte-source.ts';
import { checkFits, type EntryDecoder, type EntryFields, indexCorrupt, type IndexHeader } from './header.ts';
import { NameCache } from './name-cache.ts';
import { readUint16, readUint24, readUint32, writeUint16, writeUint24, writeUint32 } from './wire.ts';

/* Header: u8 version, u8 key length, u16 entry size, u32 count, u32 pack count, u8 format count, u32 base timestamp.
 * Then the entries; packs (u8 name length, u32 name offset in the index); formats (u32 compression header, u8 format
 * version, u8 encryption key); pack names.
 * Entry: u32 seconds after the base, u32 pack offset with the deleted flag on top, u24 original length, u24 packed
 * length, u16 pack, and where the entry size says so: u8 format, u8 pack bits 16-23, u8 bits 24-27 of both lengths.
 * Source: kopia repo/content/index/index_v2.go. */

/** Bytes before the first entry. */
export const V2_HEADER_BYTES = 17;
/** Bytes of one record of the pack table. */
export const V2_PACK_BYTES = 5;
/** Bytes of one record of the format table. */
export const V2_FORMAT_BYTES = 6;
/** Entry size without optional bytes. */
export const V2_NARROW_ENTRY = 16;
/** Entry size with all optional bytes. */
export const V2_WIDE_ENTRY = 19;

const MIN_KEY_BYTES = 2;
/** kopia refuses longer ones. */
const MAX_STRIDE = 256;
const DELETED = 0x8000_0000;

/** Throws INDEX_CORRUPT. `head` is at least the first 17 bytes, or all there is. */
export function parseV2Header(head: Uint8Array, totalLength: number): IndexHeader {
  checkFits(V2_HEADER_BYTES, totalLength);
  const keyLength = head[1] ?? 0;
  const entrySize = readUint16(head, 2);
  const count = readUint32(head, 4);
  const packCount = readUint32(head, 8);
  const formatCount = head[12] ?? 0;
  const stride = keyLength + entrySize;
  const entryFits = entrySize >= V2_NARROW_ENTRY && entrySize <= V2_WIDE_ENTRY && stride <= MAX_STRIDE;
  if (keyLength < MIN_KEY_BYTES || !entryFits)
    throw indexCorrupt(`version 2 with keys of ${keyLength} and entries of ${entrySize} bytes`, {
      offset: 1,
    });
  const tablesOffset = V2_HEADER_BYTES + count * stride;
  checkFits(tablesOffset + packCount * V2_PACK_BYTES + formatCount * V2_FORMAT_BYTES, totalLength);
  return {
    version: 2,
    keyLength,
    entrySize,
    stride,
    count,
    entriesOffset: V2_HEADER_BYTES,
    tablesOffset,
    packCount,
    formatCount,
    baseTimestampSeconds: readUint32(head, 13),
  };
}

/** The 17 bytes that `parseV2Header` reads; the base timestamp is 0, as kopia has it. */
export function encodeV2Header(
  header: Pick<IndexHeader, 'keyLength' | 'entrySize' | 'count' | 'packCount' | 'formatCount'>,
): Uint8Array {
  const bytes = new Uint8Array(V2_HEADER_BYTES);
  bytes[0] = 2;
  bytes[1] = header.keyLength;
  writeUint16(bytes, 2, header.entrySize);
  writeUint32(bytes, 4, header.count);
  writeUint32(bytes, 8, header.packCount);
  bytes[12] = header.formatCount;
  return bytes;
}

/** What entries share about how their contents are stored. */
export type ContentFormatTuple = Pick<
  EntryFields,
  'formatVersion' | 'compressionHeaderId' | 'encryptionKeyId'
>;

/** Decoder for the entries of one index of version 2. */
export function v2EntryDecoder(header: IndexHeader, source: ByteSource): EntryDecoder {
  const formats = readFormats(header, source);
  const names = new NameCache((pack) => readPackName(header, source, pack), header.packCount);
  const hasFormat = header.entrySize > 16;
  const hasWidePack = header.entrySize > 17;
  const hasHighBits = header.entrySize > 18;
  return (bytes, at) => {
    const flagsAndOffset = readUint32(bytes, at + 4);
    const format = formats[hasFormat ? (bytes[at + 16] ?? 0) : 0];
    if (format === undefined)
      throw indexCorrupt('an entry with an unknown format', { formats: formats.length });
    const pack = readUint16(bytes, at + 14) | (hasWidePack ? (bytes[at + 17] ?? 0) << 16 : 0);
    const highBits = hasHighBits ? (bytes[at + 18] ?? 0) : 0;
    return {
      packBlobId: names.get(pack),
      packOffset: flagsAndOffset % DELETED,
      packedLength: readUint24(bytes, at + 11) | ((highBits & 15) << 24),
      originalLength: readUint24(bytes, at + 8) | ((highBits >> 4) << 24),
      timestampSeconds: readUint32(bytes, at) + header.baseTimestampSeconds,
      deleted: flagsAndOffset >= DELETED,
      formatVersion: format.formatVersion,
      compressionHeaderId: format.compressionHeaderId,
      encryptionKeyId: format.encryptionKeyId,
    };
  };
}

/** Writes an entry with all optional bytes; narrower ones are its first 16, 17 or 18 bytes. */
export function writeV2Entry(
  bytes: Uint8Array,
  at: number,
  fields: EntryFields,
  refs: { readonly pack: number; readonly format: number },
): void {
  writeUint32(bytes, at, fields.timestampSeconds);
  writeUint32(bytes, at + 4, fields.packOffset + (fields.deleted ? DELETED : 0));
  writeUint24(bytes, at + 8, fields.originalLength);
  writeUint24(bytes, at + 11, fields.packedLength);
  writeUint16(bytes, at + 14, refs.pack);
  bytes[at + 16] = refs.format;
  bytes[at + 17] = refs.pack >>> 16;
  bytes[at + 18] = ((fields.originalLength >>> 24) << 4) | (fields.packedLength >>> 24);
}

function readFormats(header: IndexHeader, source: ByteSource): ContentFormatTuple[] {
  const start = header.tablesOffset + header.packCount * V2_PACK_BYTES;
  const bytes = source.read(start, header.formatCount * V2_FORMAT_BYTES);
  return Array.from({ length: header.formatCount }, (_, i) => ({
    compressionHeaderId: readUint32(bytes, i * V2_FORMAT_BYTES),
    formatVersion: bytes[i * V2_FORMAT_BYTES + 4] ?? 0,
    encryptionKeyId: bytes[i * V2_FORMAT_BYTES + 5] ?? 0,
  }));
}

function readPackName(header: IndexHeader, source: ByteSource, pack: number): string {
  if (pack >= header.packCount)
    throw indexCorrupt(`an entry in pack ${pack} of ${header.packCount}`, { pack, packs: header.packCount });
  const record = source.read(header.tablesOffset + pack * V2_PACK_BYTES, V2_PACK_BYTES);
  const name = source.read(readUint32(record, 1), record[0] ?? 0);
  return Buffer.from(name.buffer, name.byteOffset, name.length).toString('latin1');
}
