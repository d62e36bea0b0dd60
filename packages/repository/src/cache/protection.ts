import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { OpenEntry } from './entry-files.ts';

/** Bytes that protecting adds at the end. */
export const TAG_BYTES = 32;

/** What tells an entry that is as it was written from any other: HMAC-SHA256. Source: kopia internal/cacheprot. */
export function entryTag(key: KeyObject, bytes: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(bytes).digest();
}

/** The bytes in front of their tag, sharing memory with `entry`; undefined when it is not what was written. */
export function withoutTag(key: KeyObject, entry: Uint8Array): Uint8Array | undefined {
  const length = entry.length - TAG_BYTES;
  if (length < 0) return undefined;
  const bytes = entry.subarray(0, length);
  return timingSafeEqual(entryTag(key, bytes), entry.subarray(length)) ? bytes : undefined;
}

const PIECE_BYTES = 1 << 20;

/** Whether an entry of any size is what was written, with memory for a piece of it. */
export function isSoundEntry(key: KeyObject, { size, read }: OpenEntry): boolean {
  const length = size - TAG_BYTES;
  if (length < 0) return false;
  const hmac = createHmac('sha256', key);
  for (let offset = 0; offset < length; offset += PIECE_BYTES)
    hmac.update(read(offset, Math.min(PIECE_BYTES, length - offset)));
  const tag = read(length, TAG_BYTES);
  return tag.length === TAG_BYTES && timingSafeEqual(hmac.digest(), tag);
}
