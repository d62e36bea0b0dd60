import type { ByteSource } from './byte-source.ts';
import type { IndexEntry } from './entry.ts';
import { checkFits, type EntryDecoder, type EntryFields, indexCorrupt, type IndexHeader } from './header.ts';
import { NameCache } from './name-cache.ts';
import { readUint16, readUint32, readUint48, writeUint16, writeUint32 } from './wire.ts';

/* Header: u8 version, u8 key length, u16 entry size, u32 count. Then the entries, then pack names.
 * Entry: u48 seconds, u8 format version, u8 pack name length, u32 pack name offset in the index,
 * u32 pack offset with the deleted flag on top, u32 packed length.
 * Source: kopia repo/content/index/index_v1.go. */

/** Bytes before the first entry. */
export const V1_HEADER_BYTES = 8;
/** Bytes of an entry behind its key. */
export const V1_ENTRY_BYTES = 20;

const MIN_KEY_BYTES = 2;
const DELETED = 0x8000_0000;
/** What encryption adds: version 1 has no field for the original length, and knows neither compression nor ECC. */
const ENCRYPTION_OVERHEAD = 28;

/** Throws INDEX_CORRUPT. `head` is at least the first 17 bytes, or all there is. */
export function parseV1Header(head: Uint8Array, totalLength: number): IndexHeader {
  checkFits(V1_HEADER_BYTES, totalLength);
  const keyLength = head[1] ?? 0;
  const entrySize = readUint16(head, 2);
  const count = readUint32(head, 4);
  if (keyLength < MIN_KEY_BYTES || entrySize !== V1_ENTRY_BYTES)
    throw indexCorrupt(`version 1 with keys of ${keyLength} and entries of ${entrySize} bytes`, {
      offset: 1,
    });
  const stride = keyLength + entrySize;
  const tablesOffset = V1_HEADER_BYTES + count * stride;
  checkFits(tablesOffset, totalLength);
  return {
    version: 1,
    keyLength,
    entrySize,
    stride,
    count,
    entriesOffset: V1_HEADER_BYTES,
    tablesOffset,
    packCount: 0,
    formatCount: 0,
    baseTimestampSeconds: 0,
  };
}

/** Decoder for the entries of one index of version 1. */
export function v1EntryDecoder(header: IndexHeader, source: ByteSource): EntryDecoder {
  const names = new NameCache((id) => {
    const name = source.read(Math.floor(id / 256), id % 256);
    return Buffer.from(name.buffer, name.byteOffset, name.length).toString('latin1');
  }, header.count);
  return (bytes, at) => {
    const packedLength = readUint32(bytes, at + 16);
    if (packedLength < ENCRYPTION_OVERHEAD)
      throw indexCorrupt(`a content of ${packedLength} stored bytes`, { packedLength });
    return {
      packBlobId: names.get(readUint32(bytes, at + 8) * 256 + (bytes[at + 7] ?? 0)),
      packOffset: readUint32(bytes, at + 12) % DELETED,
      packedLength,
      originalLength: packedLength - ENCRYPTION_OVERHEAD,
      timestampSeconds: readUint48(bytes, at),
      deleted: readUint32(bytes, at + 12) >= DELETED,
      formatVersion: bytes[at + 6] ?? 0,
      compressionHeaderId: 0,
      encryptionKeyId: 0,
    };
  };
}

/** Writes an entry behind its key. `nameOffset` counts from the start of the index. */
export function writeV1Entry(bytes: Uint8Array, at: number, fields: EntryFields, nameOffset: number): void {
  writeUint16(bytes, at, Math.floor(fields.timestampSeconds / 0x1_0000_0000));
  writeUint32(bytes, at + 2, fields.timestampSeconds % 0x1_0000_0000);
  bytes[at + 6] = fields.formatVersion;
  bytes[at + 7] = fields.packBlobId.length;
  writeUint32(bytes, at + 8, nameOffset);
  writeUint32(bytes, at + 12, fields.packOffset + (fields.deleted ? DELETED : 0));
  writeUint32(bytes, at + 16, fields.packedLength);
}

/** Whether version 1 has room for what the entry says. */
export function fitsV1(entry: IndexEntry): boolean {
  return (
    entry.compressionHeaderId === 0 &&
    entry.encryptionKeyId === 0 &&
    entry.originalLength === entry.packedLength - ENCRYPTION_OVERHEAD
  );
}
