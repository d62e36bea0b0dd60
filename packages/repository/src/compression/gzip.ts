import { constants, gunzipSync, gzipSync } from 'node:zlib';
import type { Compressor, Decompressor } from './compressor.ts';
import { createCompressor } from './stored-form.ts';
import { decodeWith, writerOf } from './zlib-calls.ts';

/** gzip (RFC 1952) at a level of zlib. Source: kopia repo/compression/compressor_gzip.go, compressor_pgzip.go. */
export function gzipCompressor(headerId: number, level: number): Compressor {
  return createCompressor(
    headerId,
    writerOf((data, limits) => gzipSync(data, { ...limits, level })),
  );
}

/** What kopia calls default, best speed and best compression. */
export const gzipLevels: { readonly normal: number; readonly fastest: number; readonly best: number } = {
  normal: constants.Z_DEFAULT_COMPRESSION,
  fastest: constants.Z_BEST_SPEED,
  best: constants.Z_BEST_COMPRESSION,
};

/** Decodes gzip, also of several members. */
export const gzipDecompressor: Decompressor = {
  decompress: (payload, maxLength) => decodeWith(gunzipSync, payload, maxLength),
};
