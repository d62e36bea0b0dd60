import { corruptPayload, HEADER_LENGTH, type PayloadWriter } from './stored-form.ts';

/** What these calls need to know of a synchronous function of node:zlib. */
export interface ZlibLimits {
  readonly chunkSize: number;
  readonly maxOutputLength: number;
}

/** One synchronous function of node:zlib; it accepts shared memory. */
export type ZlibCall = (input: Uint8Array, limits: ZlibLimits) => Uint8Array;

const MIN_CHUNK = 64;

/** A payload writer made of a compressing call. */
export function writerOf(call: ZlibCall): PayloadWriter {
  return (data, out) => {
    try {
      const payload = call(data, limitsFor(data.length - 1 - HEADER_LENGTH));
      out.set(payload, HEADER_LENGTH);
      return HEADER_LENGTH + payload.length;
    } catch (error) {
      if (isTooLong(error)) return -1;
      throw error;
    }
  };
}

/** Decodes a payload with a decompressing call; any failure becomes COMPRESSION_CORRUPT. */
export function decodeWith(call: ZlibCall, payload: Uint8Array, maxLength: number): Uint8Array {
  try {
    return call(payload, limitsFor(maxLength));
  } catch (error) {
    throw corruptPayload(
      isTooLong(error) ? `it is longer than ${maxLength} bytes` : 'the stream is damaged',
      error,
    );
  }
}

/* The output goes to chunks that are strung together at the end. With one byte to spare, one chunk is enough. */
function limitsFor(length: number): ZlibLimits {
  return { chunkSize: Math.max(MIN_CHUNK, length + 1), maxOutputLength: Math.max(1, length) };
}

function isTooLong(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
