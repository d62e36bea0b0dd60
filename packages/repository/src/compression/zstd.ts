import {
  constants,
  createZstdCompress,
  createZstdDecompress,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import type { Compressor, Decompressor } from './compressor.ts';
import { corruptPayload, createCompressor, HEADER_LENGTH, type PayloadWriter } from './stored-form.ts';
import { decodeWith, writerOf } from './zlib-calls.ts';
import { contextsWork, ZstdContext } from './zstd-context.ts';

/* Above it the set-up saved is below 5 %, and the decoder's window (up to 32 MiB in what kopia wrote) would stay. */
const LARGEST_SHARED = 1 << 17;
const MIN_CHUNK = 64;

/** zstd at a level of libzstd. Neither content size nor checksum matter to kopia; contents are authenticated.
 *  Source: kopia repo/compression/compressor_zstd.go. */
export function zstdCompressor(headerId: number, level: number): Compressor {
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  return createCompressor(headerId, contextsWork ? sharedWriter(params) : singleWriter(params));
}

/** Decodes any number of zstd frames, with or without content size. */
export const zstdDecompressor: Decompressor = { decompress: contextsWork ? decodeShared : decodeSingle };

function sharedWriter(params: Record<number, number>): PayloadWriter {
  const context = new ZstdContext(() => createZstdCompress({ chunkSize: MIN_CHUNK, params }));
  return (data, out) => context.run(data, out, HEADER_LENGTH);
}

function singleWriter(params: Record<number, number>): PayloadWriter {
  return writerOf((data, limits) => zstdCompressSync(data, { ...limits, params }));
}

const sharedDecoder = new ZstdContext(() => createZstdDecompress({ chunkSize: MIN_CHUNK }));

function decodeShared(payload: Uint8Array, maxLength: number): Uint8Array {
  // A byte to spare tells a full output from one that is too long.
  const out = new Uint8Array(maxLength + 1);
  const end = runDecoder(payload, out);
  if (maxLength > LARGEST_SHARED) sharedDecoder.release();
  if (end < 0) throw corruptPayload(`it is longer than ${maxLength} bytes`);
  return out.subarray(0, end);
}

function runDecoder(payload: Uint8Array, out: Uint8Array): number {
  try {
    return sharedDecoder.run(payload, out, 0);
  } catch (error) {
    throw corruptPayload('the zstd stream is damaged', error);
  }
}

function decodeSingle(payload: Uint8Array, maxLength: number): Uint8Array {
  return decodeWith(
    (input, limits) => zstdDecompressSync(input, { ...limits, rejectGarbageAfterEnd: true }),
    payload,
    maxLength,
  );
}
