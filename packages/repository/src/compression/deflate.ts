import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Compressor, Decompressor } from './compressor.ts';
import { createCompressor } from './stored-form.ts';
import { decodeWith, writerOf } from './zlib-calls.ts';

/** Raw deflate (RFC 1951) at a level of zlib. Source: kopia repo/compression/compressor_deflate.go. */
export function deflateCompressor(headerId: number, level: number): Compressor {
  return createCompressor(
    headerId,
    writerOf((data, limits) => deflateRawSync(data, { ...limits, level })),
  );
}

/** Decodes raw deflate. */
export const deflateDecompressor: Decompressor = {
  decompress: (payload, maxLength) => decodeWith(inflateRawSync, payload, maxLength),
};
