import { createHmac, timingSafeEqual } from 'node:crypto';
import type { BlobReader, BlobId, CallOptions } from '../blob/storage.ts';
import { RepositoryError } from '../errors.ts';
import { FORMAT_BLOB_ID } from './format-blob.ts';

// Layout: len16 || F || HMAC-SHA256("kopia-repository", F) || len16, where F is the format blob and len16 the little-endian
// length of F and HMAC. Source: kopia repo/format/format_blob.go.
const HMAC_SECRET = 'kopia-repository';
const HMAC_LENGTH = 32;
const MAX_CHECKED_LENGTH = 65_000;
const SEARCH_LENGTH = 65_536;

/** The copy of the format blob that packs begin with when `enablePasswordChange` is false.
 *  Throws FORMAT_UNSUPPORTED when the blob is too long to be copied. */
export function encodeFormatCopy(formatBlob: Uint8Array): Uint8Array {
  const length = formatBlob.length + HMAC_LENGTH;
  if (length > MAX_CHECKED_LENGTH)
    throw new RepositoryError('FORMAT_UNSUPPORTED', `${FORMAT_BLOB_ID} is too long to be copied into packs`, {
      length: formatBlob.length,
    });
  const length16 = Uint8Array.of(length & 0xff, length >> 8);
  return Buffer.concat([length16, formatBlob, hmac(formatBlob), length16]);
}

/** The format blob that `pack` carries at its start or end; undefined when it carries none.
 *  Throws BLOB_NOT_FOUND when there is no such pack. */
export async function recoverFormatBlob(
  storage: BlobReader,
  pack: BlobId,
  options: CallOptions = {},
): Promise<Uint8Array | undefined> {
  const { length } = await storage.getMetadata(pack, options);
  const span = Math.min(length, SEARCH_LENGTH);
  const start = await storage.get(pack, { offset: 0, length: span }, options);
  return (
    checkedCopy(start, 2, length16At(start, 0)) ??
    findAtEnd(await storage.get(pack, { offset: length - span, length: span }, options))
  );
}

function findAtEnd(bytes: Uint8Array): Uint8Array | undefined {
  const length = length16At(bytes, bytes.length - 2);
  return checkedCopy(bytes, bytes.length - 2 - length, length);
}

function checkedCopy(bytes: Uint8Array, offset: number, length: number): Uint8Array | undefined {
  if (length < HMAC_LENGTH || length > MAX_CHECKED_LENGTH || offset < 2 || offset + length > bytes.length)
    return undefined;
  const copy = bytes.slice(offset, offset + length - HMAC_LENGTH);
  const stored = bytes.subarray(offset + length - HMAC_LENGTH, offset + length);
  return timingSafeEqual(hmac(copy), stored) ? copy : undefined;
}

function length16At(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

function hmac(bytes: Uint8Array): Uint8Array {
  return createHmac('sha256', HMAC_SECRET).update(bytes).digest();
}
