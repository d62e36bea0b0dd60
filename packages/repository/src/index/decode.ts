import { type ByteSource, memorySource } from './byte-source.ts';
import type { IndexEntry } from './entry.ts';
import { type EntryDecoder, indexCorrupt, type IndexHeader } from './header.ts';
import { parseV1Header, v1EntryDecoder } from './v1.ts';
import { parseV2Header, V2_HEADER_BYTES, v2EntryDecoder } from './v2.ts';

/** How to read one index. */
export interface IndexReader {
  readonly header: IndexHeader;
  readonly decode: EntryDecoder;
}

/** Reads the header of an index of either version: its first byte tells. Bytes behind the described structure are
 *  ignored. Throws INDEX_CORRUPT. */
export function readIndex(source: ByteSource): IndexReader {
  const head = source.read(0, Math.min(source.length, V2_HEADER_BYTES));
  const version = head[0];
  if (version === 1) {
    const header = parseV1Header(head, source.length);
    return { header, decode: v1EntryDecoder(header, source) };
  }
  if (version === 2) {
    const header = parseV2Header(head, source.length);
    return { header, decode: v2EntryDecoder(header, source) };
  }
  throw indexCorrupt(`it has version ${version ?? 'none'}`, { offset: 0 });
}

/** All entries of an index in memory, in its order. Throws INDEX_CORRUPT. */
export function decodeIndex(bytes: Uint8Array): IndexEntry[] {
  const { header, decode } = readIndex(memorySource(bytes));
  return Array.from({ length: header.count }, (_, i) => {
    const at = header.entriesOffset + i * header.stride;
    return {
      key: new Uint8Array(bytes.subarray(at, at + header.keyLength)),
      ...decode(bytes, at + header.keyLength),
    };
  });
}
