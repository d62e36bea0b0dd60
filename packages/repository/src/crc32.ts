/** Checksum of `bytes[from, to)`, as an unsigned 32-bit number. */
export type Checksum = (bytes: Uint8Array, from: number, to: number) => number;

const SLICES = 8;

/** CRC-32 of IEEE 802.3, for the few hundred bytes of an error-correction shard: `crc32` of node:zlib is faster from
 *  some KiB on, but costs 0.2 us a call. */
export const crc32Ieee: Checksum = slicingBy8(0xedb88320);

/** CRC-32C (Castagnoli), not masked. */
export const crc32Castagnoli: Checksum = slicingBy8(0x82f63b78);

/* Table k holds the checksum of a byte that k more bytes follow, so that eight bytes cost eight independent look-ups. */
function slicingBy8(reversedPolynomial: number): Checksum {
  const tables = sliceTables(reversedPolynomial);
  return (bytes, from, to) => {
    let crc = -1;
    let at = from;
    for (const last = to - SLICES; at <= last; at += SLICES) {
      crc ^=
        (bytes[at] ?? 0) |
        ((bytes[at + 1] ?? 0) << 8) |
        ((bytes[at + 2] ?? 0) << 16) |
        ((bytes[at + 3] ?? 0) << 24);
      crc =
        (tables[0x700 | (crc & 0xff)] ?? 0) ^
        (tables[0x600 | ((crc >>> 8) & 0xff)] ?? 0) ^
        (tables[0x500 | ((crc >>> 16) & 0xff)] ?? 0) ^
        (tables[0x400 | (crc >>> 24)] ?? 0) ^
        (tables[0x300 | (bytes[at + 4] ?? 0)] ?? 0) ^
        (tables[0x200 | (bytes[at + 5] ?? 0)] ?? 0) ^
        (tables[0x100 | (bytes[at + 6] ?? 0)] ?? 0) ^
        (tables[bytes[at + 7] ?? 0] ?? 0);
    }
    for (; at < to; at++) crc = (tables[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
    return ~crc >>> 0;
  };
}

/* Entry 256 k + b; signed, so that the engine keeps the values in integer registers. */
function sliceTables(reversedPolynomial: number): Int32Array {
  const tables = new Int32Array(SLICES * 256);
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
