import { indexCorrupt } from './header.ts';

/** Random access to the bytes of an index, for its header, tables and names. */
export interface ByteSource {
  readonly length: number;
  /** Exactly `length` bytes; only valid until the next read. Throws INDEX_CORRUPT when they reach past the end. */
  read(offset: number, length: number): Uint8Array;
}

/** An index that is in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    length: bytes.length,
    read: (offset, length) => {
      checkRange(offset, length, bytes.length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** Throws INDEX_CORRUPT unless the range lies in an index of `totalLength` bytes. */
export function checkRange(offset: number, length: number, totalLength: number): void {
  if (offset + length > totalLength)
    throw indexCorrupt(`it refers to bytes ${offset} to ${offset + length} of ${totalLength}`, {
      offset,
      totalLength,
    });
}
