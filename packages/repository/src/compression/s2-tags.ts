/* Writers of the tags of an S2 block; each returns where the next tag goes. Layouts: s2-block-decode.ts. */

/** No tag and its length bytes are longer. */
export const LONGEST_TAG = 9;

const COPY_1 = 1;
const COPY_2 = 2;
const COPY_4 = 3;
const REPEAT = 1;

/** Appends `src[from, to)`, at most 16 MiB, as a literal. */
export function writeLiteral(src: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
  const length = to - from;
  if (length === 0) return at;
  const dataAt = writeLiteralLength(length - 1, out, at);
  if (length > 32) out.set(src.subarray(from, to), dataAt);
  else for (let i = 0; i < length; i++) out[dataAt + i] = src[from + i] ?? 0;
  return dataAt + length;
}

/** Appends a copy of `length` (at least 4, below 16 MiB) bytes from `offset` bytes back. */
export function writeCopy(out: Uint8Array, at: number, offset: number, length: number): number {
  if (offset < 2048 && length < 12) {
    out[at] = ((offset >>> 8) << 5) | ((length - 4) << 2) | COPY_1;
    out[at + 1] = offset;
    return at + 2;
  }
  const first = length <= 64 ? length : 60;
  const far = offset > 0xffff;
  out[at] = ((first - 1) << 2) | (far ? COPY_4 : COPY_2);
  const end = writeLittleEndian(out, at + 1, offset, far ? 4 : 2);
  return length > first ? writeRepeat(out, end, length - first) : end;
}

/** Appends a copy of `length` (at least 4, below 16 MiB) bytes with the offset of the copy before it. */
export function writeRepeat(out: Uint8Array, at: number, length: number): number {
  out[at + 1] = 0;
  if (length < 9) {
    out[at] = ((length - 4) << 2) | REPEAT;
    return at + 2;
  }
  const width = length < 264 ? 1 : length < 65796 ? 2 : 3;
  const base = width === 1 ? 8 : width === 2 ? 260 : 65540;
  out[at] = ((4 + width) << 2) | REPEAT;
  return writeLittleEndian(out, at + 2, length - base, width);
}

function writeLiteralLength(value: number, out: Uint8Array, at: number): number {
  if (value < 60) {
    out[at] = value << 2;
    return at + 1;
  }
  const width = value < 1 << 8 ? 1 : value < 1 << 16 ? 2 : 3;
  out[at] = (59 + width) << 2;
  return writeLittleEndian(out, at + 1, value, width);
}

function writeLittleEndian(out: Uint8Array, at: number, value: number, width: number): number {
  for (let i = 0; i < width; i++) out[at + i] = value >>> (8 * i);
  return at + width;
}
