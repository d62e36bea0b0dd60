import { deriveBlake3Key } from './blake3-derive-key.ts';
import { wasmHasher } from './digest.ts';
import type { HashAlgorithm } from './hasher.ts';

const KEY_LENGTH = 32;
const SHORT_SECRET_CONTEXT = 'kopia blake3 derived key v1';

/** Keyed BLAKE3, cut to `digestLength` bytes. The key is the start of the secret; a secret too short for that is
 *  stretched. Source: kopia repo/hashing/blake3_hashes.go. */
export function blake3(digestLength: number): HashAlgorithm {
  return {
    digestLength,
    create: async (secret) => {
      const { createBLAKE3 } = await import('hash-wasm');
      return wasmHasher(await createBLAKE3(KEY_LENGTH * 8, keyOf(secret)), digestLength);
    },
  };
}

function keyOf(secret: Uint8Array): Uint8Array {
  if (secret.length >= KEY_LENGTH) return secret.subarray(0, KEY_LENGTH);
  return deriveBlake3Key(SHORT_SECRET_CONTEXT, secret);
}
