import { wasmHasher } from './digest.ts';
import type { HashAlgorithm } from './hasher.ts';

/** Keyed BLAKE2s whose digest-length parameter is `digestLength` itself. Source: kopia repo/hashing/blake_hashes.go. */
export function blake2s(digestLength: number): HashAlgorithm {
  return {
    digestLength,
    create: async (secret) => {
      const { createBLAKE2s } = await import('hash-wasm');
      return wasmHasher(await createBLAKE2s(digestLength * 8, secret), digestLength);
    },
  };
}
