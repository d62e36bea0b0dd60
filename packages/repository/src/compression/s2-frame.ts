import { crc32Castagnoli } from '../crc32.ts';
import { decodeBlock, readBlockLength } from './s2-block-decode.ts';
import type { S2BlockEncoder } from './s2-block-encode.ts';
import { corruptPayload } from './stored-form.ts';

/* A stream is a row of chunks: type, length of the rest in 3 bytes, little-endian, then the rest. Data chunks begin with
 * the masked CRC-32C of their uncompressed bytes.
 * Source: https://github.com/google/snappy/blob/main/framing_format.txt, klauspost/compress s2 (stream format). */
const CHUNK_HEADER = 4;
const CHECKSUM = 4;
const COMPRESSED = 0x00;
const UNCOMPRESSED = 0x01;
const FIRST_SKIPPABLE = 0x80;
const STREAM_IDENTIFIER = 0xff;
const IDENTIFIERS: readonly string[] = ['S2sTwO', 'sNaPpY'];
const IDENTIFIER_CHUNK = Buffer.from('\u00ff\u0006\u0000\u0000S2sTwO', 'latin1');

const BLOCK = 1 << 20;
const LARGEST_BLOCK = 4 << 20;

/** Writes `data` as one S2 stream to `out` from `at` on, in blocks of 1 MiB; returns where it ends. `out` has room for all
 *  blocks unencoded with 8 bytes more each, and 14 for the stream. */
export function encodeStream(encoder: S2BlockEncoder, data: Uint8Array, out: Uint8Array, at: number): number {
  out.set(IDENTIFIER_CHUNK, at);
  let written = at + IDENTIFIER_CHUNK.length;
  for (let from = 0; from < data.length; from += BLOCK)
    written = encodeChunk(encoder, data, from, Math.min(from + BLOCK, data.length), out, written);
  return written;
}

function encodeChunk(
  encoder: S2BlockEncoder,
  data: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  at: number,
): number {
  const bodyAt = at + CHUNK_HEADER + CHECKSUM;
  const encodedEnd = encoder.encode(data, from, to, out, writeBlockLength(to - from, out, bodyAt));
  const end = encodedEnd < 0 ? bodyAt + (to - from) : encodedEnd;
  if (encodedEnd < 0) out.set(data.subarray(from, to), bodyAt);
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const type = encodedEnd < 0 ? UNCOMPRESSED : COMPRESSED;
  view.setUint32(at, type | ((end - at - CHUNK_HEADER) << 8), true);
  view.setUint32(at + CHUNK_HEADER, maskedChecksum(data, from, to), true);
  return end;
}

/** Decodes a row of S2 or Snappy streams into one array of exactly their length.
 *  Throws COMPRESSION_CORRUPT, also for a checksum that differs and for more than `maxLength` bytes. */
export function decodeStream(payload: Uint8Array, maxLength: number): Uint8Array {
  const chunks = readChunks(payload);
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (length > maxLength) throw corruptPayload(`it is longer than ${maxLength} bytes`);
  const out = new Uint8Array(length);
  let written = 0;
  for (const chunk of chunks) {
    decodeChunk(payload, chunk, out, written);
    written += chunk.length;
  }
  return out;
}

/* A chunk of data: its body `payload[from, to)` and what it says to decode to. */
interface DataChunk {
  readonly encoded: boolean;
  readonly from: number;
  readonly to: number;
  readonly checksum: number;
  readonly length: number;
}

function readChunks(payload: Uint8Array): DataChunk[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const chunks: DataChunk[] = [];
  for (let at = 0; at < payload.length;) {
    if (payload.length - at < CHUNK_HEADER) throw corruptPayload('an S2 chunk is cut off');
    const header = view.getUint32(at, true);
    const type = header & 0xff;
    const from = at + CHUNK_HEADER;
    const to = from + (header >>> 8);
    if (to > payload.length) throw corruptPayload('an S2 chunk is cut off');
    if (at === 0 && type !== STREAM_IDENTIFIER) throw corruptPayload('an S2 stream has no identifier');
    if (type === STREAM_IDENTIFIER) checkIdentifier(payload, from, to);
    else if (type === COMPRESSED || type === UNCOMPRESSED)
      chunks.push(dataChunk(payload, view, type, from, to));
    else if (type < FIRST_SKIPPABLE) throw corruptPayload(`an S2 chunk has the unknown type ${type}`);
    at = to;
  }
  if (payload.length === 0) throw corruptPayload('an S2 stream is empty');
  return chunks;
}

function checkIdentifier(payload: Uint8Array, from: number, to: number): void {
  const identifier = String.fromCharCode(...payload.subarray(from, Math.min(to, from + 7)));
  if (!IDENTIFIERS.includes(identifier)) throw corruptPayload('an S2 stream has an unknown identifier');
}

function dataChunk(payload: Uint8Array, view: DataView, type: number, from: number, to: number): DataChunk {
  if (to - from < CHECKSUM) throw corruptPayload('an S2 chunk has no checksum');
  const checksum = view.getUint32(from, true);
  const bodyAt = from + CHECKSUM;
  if (type === UNCOMPRESSED) return { encoded: false, from: bodyAt, to, checksum, length: to - bodyAt };
  const { length, tagsFrom } = readBlockLength(payload, bodyAt, to);
  if (length > LARGEST_BLOCK) throw corruptPayload('an S2 block is larger than 4 MiB');
  return { encoded: true, from: tagsFrom, to, checksum, length };
}

function decodeChunk(payload: Uint8Array, chunk: DataChunk, out: Uint8Array, at: number): void {
  if (chunk.encoded) decodeBlock(payload, chunk.from, chunk.to, out, at, at + chunk.length);
  else out.set(payload.subarray(chunk.from, chunk.to), at);
  if (maskedChecksum(out, at, at + chunk.length) !== chunk.checksum)
    throw corruptPayload('the checksum of an S2 chunk differs');
}

function writeBlockLength(length: number, out: Uint8Array, at: number): number {
  let rest = length;
  let end = at;
  for (; rest > 0x7f; rest >>>= 7) out[end++] = rest | 0x80;
  out[end++] = rest;
  return end;
}

function maskedChecksum(bytes: Uint8Array, from: number, to: number): number {
  const checksum = crc32Castagnoli(bytes, from, to);
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}
