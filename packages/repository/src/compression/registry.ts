import { RepositoryError } from '../errors.ts';
import type { Compressor, Decompressor } from './compressor.ts';
import { deflateCompressor, deflateDecompressor } from './deflate.ts';
import { gzipCompressor, gzipDecompressor, gzipLevels } from './gzip.ts';
import { lz4Decompressor } from './lz4.ts';
import { s2Compressor, s2Decompressor, s2TableBits } from './s2.ts';
import { HEADER_LENGTH, readHeader } from './stored-form.ts';
import { zstdCompressor, zstdDecompressor } from './zstd.ts';

/** Every compressor that kopia can write with, by name; `none` is not one. The parallel variants differ in nothing but how many
 *  threads kopia gives them. Each holds its thread's own state. */
export const compressors: Readonly<Record<string, Compressor>> = {
  gzip: gzipCompressor(0x1000, gzipLevels.normal),
  'gzip-best-speed': gzipCompressor(0x1001, gzipLevels.fastest),
  'gzip-best-compression': gzipCompressor(0x1002, gzipLevels.best),
  zstd: zstdCompressor(0x1100, 3),
  'zstd-fastest': zstdCompressor(0x1101, 1),
  'zstd-better-compression': zstdCompressor(0x1102, 7),
  'zstd-best-compression': zstdCompressor(0x1103, 11),
  's2-default': s2Compressor(0x1200, s2TableBits.normal),
  's2-better': s2Compressor(0x1201, s2TableBits.better),
  's2-parallel-4': s2Compressor(0x1202, s2TableBits.normal),
  's2-parallel-8': s2Compressor(0x1203, s2TableBits.normal),
  pgzip: gzipCompressor(0x1300, gzipLevels.normal),
  'pgzip-best-speed': gzipCompressor(0x1301, gzipLevels.fastest),
  'pgzip-best-compression': gzipCompressor(0x1302, gzipLevels.best),
  'deflate-default': deflateCompressor(0x1500, gzipLevels.normal),
  'deflate-best-speed': deflateCompressor(0x1501, gzipLevels.fastest),
  'deflate-best-compression': deflateCompressor(0x1502, gzipLevels.best),
};

/** Names that kopia still accepts but warns of. */
export const deprecatedCompressors: ReadonlySet<string> = new Set(['zstd-best-compression']);

/* By header id without its last byte, which only tells how much effort the writer made. */
const families: ReadonlyMap<number, { readonly members: number; readonly decompressor: Decompressor }> =
  new Map([
    [0x10, { members: 3, decompressor: gzipDecompressor }],
    [0x11, { members: 4, decompressor: zstdDecompressor }],
    [0x12, { members: 4, decompressor: s2Decompressor }],
    [0x13, { members: 3, decompressor: gzipDecompressor }],
    [0x14, { members: 1, decompressor: lz4Decompressor }],
    [0x15, { members: 3, decompressor: deflateDecompressor }],
  ]);

/** Throws ALGORITHM_UNKNOWN. */
export function compressorByName(name: string): Compressor {
  const compressor = Object.hasOwn(compressors, name) ? compressors[name] : undefined;
  if (compressor !== undefined) return compressor;
  throw new RepositoryError(
    'ALGORITHM_UNKNOWN',
    `unknown compression ${JSON.stringify(name)}; choose one of ${Object.keys(compressors).join(', ')}`,
    { name },
  );
}

/** Decodes what any compressor of any release of kopia made, header included. Throws COMPRESSION_CORRUPT for damaged data and
 *  for more than `maxLength` bytes, which are never allocated; ALGORITHM_UNKNOWN for an unknown header id. The caller owns
 *  the result. */
export function decompress(stored: Uint8Array, maxLength: number): Uint8Array {
  const headerId = readHeader(stored);
  const family = families.get(headerId >>> 8);
  if (family !== undefined && (headerId & 0xff) < family.members)
    return family.decompressor.decompress(stored.subarray(HEADER_LENGTH), maxLength);
  throw new RepositoryError(
    'ALGORITHM_UNKNOWN',
    `content is compressed with the unknown method 0x${headerId.toString(16)}; a newer release may read it`,
    { headerId },
  );
}
