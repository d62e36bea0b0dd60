import { createRequire } from 'node:module';
import type { Decompressor } from './compressor.ts';
import { corruptPayload } from './stored-form.ts';

const MAGIC = 0x184d2204;
const FRAME_HEADER = 7;
const BLOCK_HEADER = 4;
const CHECKSUM = 4;

/** Decodes one LZ4 frame; only releases of kopia before 0.22 wrote them.
 *  The decoding library takes as much memory as the frame asks for, so the frame's blocks are counted first. All but the last
 *  are full: that is how kopia's streaming writer makes them. Source: lz4 doc/lz4_Frame_format.md. */
export const lz4Decompressor: Decompressor = {
  decompress: (payload, maxLength) => {
    const { blocks, blockLength } = measureFrame(payload);
    if (blocks > Math.ceil(maxLength / blockLength)) throw tooLong(maxLength);
    const bytes = decodeFrame(payload);
    if (bytes.length > maxLength) throw tooLong(maxLength);
    return bytes;
  },
};

function tooLong(maxLength: number): Error {
  return corruptPayload(`it is longer than ${maxLength} bytes`);
}

/* Loading the native module takes a thread 10 ms, and hardly any repository needs it. */
function decodeFrame(payload: Uint8Array): Uint8Array {
  // `require` has no types; these are the package's own.
  const lz4 = createRequire(import.meta.url)('lz4-napi') as typeof import('lz4-napi');
  try {
    return lz4.decompressFrameSync(Buffer.from(payload));
  } catch (error) {
    throw corruptPayload('the LZ4 frame is damaged', error);
  }
}

interface FrameMeasure {
  readonly blocks: number;
  readonly blockLength: number;
}

function measureFrame(payload: Uint8Array): FrameMeasure {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (payload.length < FRAME_HEADER || view.getUint32(0, true) !== MAGIC)
    throw corruptPayload('it is not an LZ4 frame');
  const flags = view.getUint8(4);
  const blockLength = 1 << (8 + 2 * ((view.getUint8(5) >>> 4) & 7));
  const blockTrailer = flags & 0x10 ? CHECKSUM : 0;
  let at = FRAME_HEADER + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
  for (let blocks = 0; at + BLOCK_HEADER <= payload.length; blocks++) {
    const length = view.getUint32(at, true) & 0x7fffffff;
    if (length === 0) return { blocks, blockLength };
    at += BLOCK_HEADER + length + blockTrailer;
  }
  throw corruptPayload('an LZ4 frame is cut off');
}
