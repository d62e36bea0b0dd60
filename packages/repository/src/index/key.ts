import { readUint48 } from './wire.ts';

/** Order of two keys, bytewise; a key that is a prefix of the other comes first. Negative, 0 or positive. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  return compareKeyAt(a, 0, a.length, b);
}

/** Order of the key at `bytes[at, at + length)` and `key`. */
export function compareKeyAt(bytes: Uint8Array, at: number, length: number, key: Uint8Array): number {
  const common = Math.min(length, key.length);
  for (let i = 0; i < common; i++) {
    const difference = (bytes[at + i] ?? 0) - (key[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return length - key.length;
}

/** Bytes of the hash that `hashHead` looks at, plus the prefix letter. */
export const MIN_KEY_FOR_HEAD = 7;

/** One more than the largest `hashHead`. */
export const HASH_HEAD_LIMIT: number = 2 ** 48;

/** The first 48 bits of the hash in the key at `at`: keys with equal prefix letters are in the order of their heads,
 *  or share one. */
export function hashHead(bytes: Uint8Array, at: number): number {
  return readUint48(bytes, at + 1);
}
