import { crc32 } from 'node:zlib';

import { invariant, RepositoryError } from '../errors.ts';
import { decodeUvarint, encodeUvarint } from './uvarint.ts';

/** The last bytes of a pack: where its local index lies and what opens it.
 *  Layout: uvarint version 1, uvarint length of the IV, IV, uvarint offset, uvarint length, u32 CRC-32 (IEEE) of all
 *  that, u8 length of all that with the CRC. Source: kopia repo/content/content_index_recovery.go. */
export interface Postamble {
  readonly localIndexIv: Uint8Array;
  /** Bytes from the start of the pack. */
  readonly localIndexOffset: number;
  /** Bytes of the sealed local index. */
  readonly localIndexLength: number;
}

const VERSION = 1;
const CRC_BYTES = 4;
/** What the last byte can say, plus that byte. */
const LONGEST = 256;

export function encodePostamble(postamble: Postamble): Uint8Array {
  const payload = Buffer.concat([
    encodeUvarint(VERSION),
    encodeUvarint(postamble.localIndexIv.length),
    postamble.localIndexIv,
    encodeUvarint(postamble.localIndexOffset),
    encodeUvarint(postamble.localIndexLength),
  ]);
  const length = payload.length + CRC_BYTES;
  invariant(length < LONGEST, 'the length of a postamble fits its last byte');
  const bytes = Buffer.alloc(length + 1);
  payload.copy(bytes);
  bytes.writeUInt32BE(crc32(payload), payload.length);
  bytes[length] = length;
  return bytes;
}

/** Reads the postamble at the end of `tail`, the last bytes of a pack. Its CRC finds accidents, not forgery.
 *  Throws PACK_CORRUPT. */
export function decodePostamble(tail: Uint8Array): Postamble {
  const length = tail.at(-1) ?? 0;
  const start = tail.length - 1 - length;
  if (length <= CRC_BYTES || start < 0) throw noPostamble('its last byte is no length');
  const payload = tail.subarray(start, start + length - CRC_BYTES);
  const stored = Buffer.from(tail.buffer, tail.byteOffset, tail.length).readUInt32BE(start + payload.length);
  if (crc32(payload) !== stored) throw noPostamble('the checksum differs');
  return decodePayload(payload);
}

function decodePayload(payload: Uint8Array): Postamble {
  const version = decodeUvarint(payload, 0);
  if (version?.value !== VERSION) throw noPostamble(`version ${version?.value ?? 'unreadable'}`);
  const ivLength = decodeUvarint(payload, version.next);
  if (!ivLength || ivLength.next + ivLength.value > payload.length) throw noPostamble('the IV is cut off');
  const ivEnd = ivLength.next + ivLength.value;
  const offset = decodeUvarint(payload, ivEnd);
  const length = offset && decodeUvarint(payload, offset.next);
  if (!length) throw noPostamble('the place of the local index is cut off');
  return {
    localIndexIv: new Uint8Array(payload.subarray(ivLength.next, ivEnd)),
    localIndexOffset: offset.value,
    localIndexLength: length.value,
  };
}

function noPostamble(problem: string): RepositoryError {
  return new RepositoryError('PACK_CORRUPT', `the pack does not end in a valid postamble: ${problem}`);
}
