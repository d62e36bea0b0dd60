import { randomFillSync } from 'node:crypto';

/** Bytes of a nonce. */
export const NONCE_LENGTH = 12;

/** Gives a fresh nonce, valid until the next call. */
export type NonceSource = () => Uint8Array;

const NONCES_AT_ONCE = 256;

/** Random nonces, drawn many at a time: a draw of its own for each costs as much as the rest of a small encryption. */
export function randomNonces(): NonceSource {
  const pool = new Uint8Array(NONCES_AT_ONCE * NONCE_LENGTH);
  let next = pool.length;
  return () => {
    if (next === pool.length) {
      randomFillSync(pool);
      next = 0;
    }
    next += NONCE_LENGTH;
    return pool.subarray(next - NONCE_LENGTH, next);
  };
}
