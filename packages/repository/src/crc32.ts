/** Checksum of `bytes[from, to)`, as an unsigned 32-bit number. */
export type Checksum = (bytes: Uint8Array, from: number, to: number) => number;

/* Made when first needed: few processes need either. */
let ieeeTables: Int32Array | undefined;
let castagnoliTables: Int32Array | undefined;

/** CRC-32 of IEEE 802.3, for the few hundred bytes of an error-correction shard: `crc32` of node:zlib is faster from
 *  some KiB on, but costs 0.2 us a call. */
export const crc32Ieee: Checksum = (bytes, from, to) => {
  const tables = (ieeeTables ??= sliceTables(0xedb88320, 8));
  let crc = -1;
  let at = from;
  for (const last = to - 8; at <= last; at += 8) {
    crc ^=
      (bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24);
    crc =
      slicesOfWord(tables, 0x400, crc) ^
      (tables[0x300 | (bytes[at + 4] ?? 0)] ?? 0) ^
      (tables[0x200 | (bytes[at + 5] ?? 0)] ?? 0) ^
      (tables[0x100 | (bytes[at + 6] ?? 0)] ?? 0) ^
      (tables[bytes[at + 7] ?? 0] ?? 0);
  }
  return finish(tables, crc, bytes, at, to);
};

/** CRC-32C (Castagnoli), not masked; for spans of KiB: reading words through a view is twice as fast there, 1.7 GB/s. */
export const crc32Castagnoli: Checksum = (bytes, from, to) => {
  const tables = (castagnoliTables ??= sliceTables(0x82f63b78, 16));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let crc = -1;
  let at = from;
  for (const last = to - 16; at <= last; at += 16)
    crc =
      slicesOfWord(tables, 0xc00, crc ^ view.getInt32(at, true)) ^
      slicesOfWord(tables, 0x800, view.getInt32(at + 4, true)) ^
      slicesOfWord(tables, 0x400, view.getInt32(at + 8, true)) ^
      slicesOfWord(tables, 0, view.getInt32(at + 12, true));
  return finish(tables, crc, bytes, at, to);
};

/* The four look-ups of a little-endian word that base / 256 bytes follow in the same step. */
function slicesOfWord(tables: Int32Array, base: number, word: number): number {
  return (
    (tables[base | 0x300 | (word & 0xff)] ?? 0) ^
    (tables[base | 0x200 | ((word >>> 8) & 0xff)] ?? 0) ^
    (tables[base | 0x100 | ((word >>> 16) & 0xff)] ?? 0) ^
    (tables[base | (word >>> 24)] ?? 0)
  );
}

function finish(tables: Int32Array, state: number, bytes: Uint8Array, from: number, to: number): number {
  let crc = state;
  for (let at = from; at < to; at++) crc = (tables[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/* Entry 256 k + b is the checksum of byte b that k more bytes follow, so that the look-ups of a step don't wait for each other.
 * Signed, so that the engine keeps the values in integer registers. */
function sliceTables(reversedPolynomial: number, slices: number): Int32Array {
  const tables = new Int32Array(slices * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ reversedPolynomial : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const shorter = tables[at - 256] ?? 0;
    tables[at] = (tables[shorter & 0xff] ?? 0) ^ (shorter >>> 8);
  }
  return tables;
}
