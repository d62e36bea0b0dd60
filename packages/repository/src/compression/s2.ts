import type { Compressor, Decompressor } from './compressor.ts';
import { S2BlockEncoder } from './s2-block-encode.ts';
import { decodeStream, encodeStream } from './s2-frame.ts';
import { createCompressor, HEADER_LENGTH } from './stored-form.ts';

/** S2 streams, an extension of Snappy's framing format; more table bits find more matches.
 *  Source: kopia repo/compression/compressor_s2.go. */
export function s2Compressor(headerId: number, tableBits: number): Compressor {
  let encoder: S2BlockEncoder | undefined;
  return createCompressor(headerId, (data, out) =>
    encodeStream((encoder ??= new S2BlockEncoder(tableBits)), data, out, HEADER_LENGTH),
  );
}

/** Table bits for what kopia calls default and better. */
export const s2TableBits: { readonly normal: number; readonly better: number } = { normal: 14, better: 17 };

/** Decodes S2 and Snappy streams. */
export const s2Decompressor: Decompressor = { decompress: decodeStream };
