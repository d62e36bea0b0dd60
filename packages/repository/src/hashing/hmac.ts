import { createHmac, createSecretKey } from 'node:crypto';
import { copyDigest } from './digest.ts';
import type { HashAlgorithm } from './hasher.ts';

/** HMAC with a hash of OpenSSL, cut to `digestLength` bytes. Source: kopia repo/hashing/sha_hashes.go. */
export function hmac(
  hashName: 'sha224' | 'sha256' | 'sha3-224' | 'sha3-256',
  digestLength: number,
): HashAlgorithm {
  return {
    digestLength,
    create: async (secret) => {
      const key = createSecretKey(secret); // 2 us a call; with the bytes themselves 12
      return {
        digestLength,
        hash(data, out) {
          copyDigest(createHmac(hashName, key).update(data).digest(), digestLength, out);
        },
        hashPieces(pieces, out) {
          const state = createHmac(hashName, key);
          for (const piece of pieces) state.update(piece);
          copyDigest(state.digest(), digestLength, out);
        },
      };
    },
  };
}
