import { corruptPayload } from './stored-form.ts';

/* Lengths above it are copied by the engine's own functions; below it a loop costs less than their call. */
const LONG_COPY = 48;

const TAG_LITERAL = 0;
const TAG_COPY_1 = 1;
const TAG_COPY_2 = 2;

/** Reads the length in front of a block; returns the length and where the block's tags start. A little-endian base-128
 *  number of at most 5 bytes. Throws COMPRESSION_CORRUPT. */
export function readBlockLength(
  src: Uint8Array,
  from: number,
  to: number,
): { length: number; tagsFrom: number } {
  let length = 0;
  for (let at = from, scale = 1; at < to && at < from + 5; at++, scale *= 128) {
    const byte = src[at] ?? 0;
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) return { length, tagsFrom: at + 1 };
  }
  throw corruptPayload('an S2 block has no length');
}

/** Decodes the tags `src[from, to)` of one block and fills `dst[start, end)` exactly. Throws COMPRESSION_CORRUPT.
 *  Snappy's tags, and "repeat": a copy with 1 byte of offset whose offset is 0 takes the offset of the copy before and a
 *  length of up to 24 bits. Source: https://github.com/google/snappy/blob/main/format_description.txt,
 *  klauspost/compress s2/README.md (block format). */
export function decodeBlock(
  src: Uint8Array,
  from: number,
  to: number,
  dst: Uint8Array,
  start: number,
  end: number,
): void {
  let at = from;
  let written = start;
  let offset = 0;
  let length = 0;
  while (at < to) {
    const tag = src[at] ?? 0;
    const kind = tag & 3;
    if (kind === TAG_LITERAL) {
      length = (tag >>> 2) + 1;
      at++;
      if (length > 60) {
        const width = length - 60;
        length = littleEndian(src, at, width) + 1;
        at += width;
      }
      if (length > to - at || length > end - written) throw corruptPayload('an S2 literal is too long');
      copyLiteral(src, at, dst, written, length);
      at += length;
    } else {
      if (kind === TAG_COPY_1) {
        const near = ((tag & 0xe0) << 3) | (src[at + 1] ?? 0);
        length = ((tag >>> 2) & 7) + 4;
        at += 2;
        if (near !== 0) offset = near;
        else if (length > 8) {
          const width = length - 8;
          length = littleEndian(src, at, width) + (REPEAT_BASE[width] ?? 0);
          at += width;
        }
      } else {
        length = (tag >>> 2) + 1;
        offset = littleEndian(src, at + 1, kind === TAG_COPY_2 ? 2 : 4);
        at += kind === TAG_COPY_2 ? 3 : 5;
      }
      if (at > to || offset === 0 || offset > written - start || length > end - written)
        throw corruptPayload('an S2 copy points outside its block');
      copyMatch(dst, written, offset, length);
    }
    written += length;
  }
  if (at !== to || written !== end) throw corruptPayload('an S2 block is shorter than it says');
}

/* What a repeat's length of 1, 2 or 3 bytes is added to. */
const REPEAT_BASE = new Int32Array([0, 8, 260, 65540]);

function littleEndian(src: Uint8Array, at: number, width: number): number {
  let value = src[at] ?? 0;
  if (width > 1) value |= (src[at + 1] ?? 0) << 8;
  if (width > 2) value |= (src[at + 2] ?? 0) << 16;
  if (width > 3) value |= (src[at + 3] ?? 0) << 24;
  return value >>> 0;
}

function copyLiteral(src: Uint8Array, from: number, dst: Uint8Array, to: number, length: number): void {
  if (length > LONG_COPY) dst.set(src.subarray(from, from + length), to);
  else for (let i = 0; i < length; i++) dst[to + i] = src[from + i] ?? 0;
}

/* A match may overlap its own output: then the bytes in between repeat. */
function copyMatch(dst: Uint8Array, to: number, offset: number, length: number): void {
  const from = to - offset;
  if (length <= LONG_COPY) for (let i = 0; i < length; i++) dst[to + i] = dst[from + i] ?? 0;
  else copyDoubling(dst, to, offset, length);
}

function copyDoubling(dst: Uint8Array, to: number, offset: number, length: number): void {
  const from = to - offset;
  const end = to + length;
  for (let at = to; at < end;) {
    // Everything from `from` on is a multiple of the period so far, and may be copied whole.
    const span = Math.min(at - from, end - at);
    dst.copyWithin(at, from, from + span);
    at += span;
  }
}
