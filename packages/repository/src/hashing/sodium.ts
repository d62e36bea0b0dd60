import { createRequire } from 'node:module';

/** The part of sodium-native used here; the package has no types. */
export interface Sodium {
  readonly crypto_generichash_STATEBYTES: number;
  crypto_generichash(out: Uint8Array, input: Uint8Array, key?: Uint8Array): void;
  crypto_generichash_init(state: Uint8Array, key: Uint8Array | undefined, outLength: number): void;
  crypto_generichash_update(state: Uint8Array, input: Uint8Array): void;
  crypto_generichash_final(state: Uint8Array, out: Uint8Array): void;
}

let loaded: Sodium | null | undefined;

/** The native binding of libsodium, or null on a platform for which it has no build. */
export function loadSodium(): Sodium | null {
  loaded ??= requireSodium();
  return loaded;
}

function requireSodium(): Sodium | null {
  try {
    const sodium: Sodium = createRequire(import.meta.url)('sodium-native');
    return sodium;
  } catch {
    return null;
  }
}
