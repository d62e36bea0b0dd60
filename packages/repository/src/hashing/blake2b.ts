import { copyDigest, wasmHasher } from './digest.ts';
import { fastHasher } from './fast-hasher.ts';
import type { HashAlgorithm, Hasher } from './hasher.ts';
import { createOpenSslBlake2b } from './openssl-blake2b.ts';
import { loadOpenSslMac } from './openssl-mac.ts';
import { loadSodium, type Sodium } from './sodium.ts';

const FULL_LENGTH = 32; // a parameter of the hash: BLAKE2b-256 cut to 16 bytes is not BLAKE2b-128

/** Keyed BLAKE2b-256, cut to `digestLength` bytes. Source: kopia repo/hashing/blake_hashes.go. */
export function blake2b(digestLength: number): HashAlgorithm {
  return {
    digestLength,
    create: async (secret) => {
      const first = await createFirstBlake2b(secret, digestLength);
      return openSslTakes(secret) ? fastHasher(first, () => createFastBlake2b(secret, digestLength)) : first;
    },
  };
}

/** What is there at once, without a binding that takes long to load. */
async function createFirstBlake2b(secret: Uint8Array, digestLength: number): Promise<Hasher> {
  const sodium = loadSodium();
  if (sodium === null || !sodiumTakes(secret)) return await createPortableBlake2b(secret, digestLength);
  return createNativeBlake2b(sodium, secret, digestLength);
}

/** On OpenSSL; undefined where it can't be called. */
export function createFastBlake2b(secret: Uint8Array, digestLength: number): Hasher | undefined {
  const ssl = loadOpenSslMac();
  return ssl === null
    ? undefined
    : createOpenSslBlake2b(ssl, secret, { fullLength: FULL_LENGTH, digestLength });
}

/** On libsodium. */
export function createNativeBlake2b(sodium: Sodium, secret: Uint8Array, digestLength: number): Hasher {
  const full = new Uint8Array(FULL_LENGTH);
  const key = secret.length === 0 ? undefined : Uint8Array.from(secret);
  return {
    digestLength,
    hash(data, out) {
      sodium.crypto_generichash(full, data, key);
      copyDigest(full, digestLength, out);
    },
    hashPieces(pieces, out) {
      const state = new Uint8Array(sodium.crypto_generichash_STATEBYTES);
      sodium.crypto_generichash_init(state, key, FULL_LENGTH);
      for (const piece of pieces) sodium.crypto_generichash_update(state, piece);
      sodium.crypto_generichash_final(state, full);
      copyDigest(full, digestLength, out);
    },
  };
}

/** On hash-wasm, for platforms and keys that libsodium does not serve. */
export async function createPortableBlake2b(secret: Uint8Array, digestLength: number): Promise<Hasher> {
  const { createBLAKE2b } = await import('hash-wasm');
  return wasmHasher(await createBLAKE2b(FULL_LENGTH * 8, secret), digestLength);
}

function openSslTakes(secret: Uint8Array): boolean {
  return secret.length > 0 && secret.length <= 64;
}

function sodiumTakes(secret: Uint8Array): boolean {
  return secret.length === 0 || (secret.length >= 16 && secret.length <= 64);
}
