import { type Compressor, type Decompressor } from './compressor.ts';
import { S2BlockEncoder, type S2Effort } from './s2-block-encode.ts';
import { decodeStream, encodeStream } from './s2-frame.ts';
import { createCompressor, HEADER_LENGTH } from './stored-form.ts';

/** S2 streams, an extension of Snappy's framing format. Source: kopia repo/compression/compressor_s2.go. */
export function s2Compressor(headerId: number, effort: S2Effort): Compressor {
  let encoder: S2BlockEncoder | undefined;
  return createCompressor(headerId, (data, out) =>
    encodeStream((encoder ??= new S2BlockEncoder(effort)), data, out, HEADER_LENGTH),
  );
}

/** What kopia's `s2-default` and `s2-better` ask for. */
export const s2Efforts: { readonly normal: S2Effort; readonly better: S2Effort } = {
  normal: { tableBits: 14, patience: 5 },
  better: { tableBits: 17, patience: 8 },
};

/** Decodes S2 and Snappy streams. */
export const s2Decompressor: Decompressor = { decompress: decodeStream };
