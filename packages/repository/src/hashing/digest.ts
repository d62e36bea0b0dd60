import type { IHasher } from 'hash-wasm';
import type { Hasher } from './hasher.ts';

/** Copies the first `length` bytes of `digest` to the start of `out`; for so few a loop beats a view and `set`. */
export function copyDigest(digest: Uint8Array, length: number, out: Uint8Array): void {
  for (let i = 0; i < length; i++) out[i] = digest[i] ?? 0;
}

/** A hasher on a state of hash-wasm, whose digest is cut to `digestLength`. */
export function wasmHasher(state: IHasher, digestLength: number): Hasher {
  return {
    digestLength,
    hash(data, out) {
      copyDigest(state.init().update(data).digest('binary'), digestLength, out);
    },
    hashPieces(pieces, out) {
      state.init();
      for (const piece of pieces) state.update(piece);
      copyDigest(state.digest('binary'), digestLength, out);
    },
  };
}
