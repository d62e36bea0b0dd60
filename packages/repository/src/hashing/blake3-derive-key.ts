import { invariant } from '../errors.ts';

// Section numbers are those of the BLAKE3 paper, https://github.com/BLAKE3-team/BLAKE3-specs.

const BLOCK_LENGTH = 64;
const KEY_LENGTH = 32;
const SINGLE_CHUNK = 1 | 2 | 8; // CHUNK_START, CHUNK_END, ROOT (2.2, table 3)
const DERIVE_KEY_CONTEXT = 32;
const DERIVE_KEY_MATERIAL = 64;

const IV = new Uint32Array([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8] as const; // 2.2, table 2
const ROUNDS = 7;

type Quarter = readonly [number, number, number, number];

/** Columns, then diagonals, of the state as a square of four rows. */
const QUARTERS: readonly Quarter[] = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
];

/** BLAKE3's derive_key mode (2.3) for inputs of one block, which hash-wasm lacks: 32 bytes.
 *  Both inputs have at most 64 bytes. */
export function deriveBlake3Key(context: string, material: Uint8Array): Uint8Array {
  const contextKey = compressOnly(IV, new TextEncoder().encode(context), SINGLE_CHUNK | DERIVE_KEY_CONTEXT);
  const key = compressOnly(contextKey, material, SINGLE_CHUNK | DERIVE_KEY_MATERIAL);
  const bytes = new Uint8Array(KEY_LENGTH);
  const view = new DataView(bytes.buffer);
  key.forEach((word, i) => view.setUint32(4 * i, word, true));
  return bytes;
}

/** The compression function (2.2) on the only block of an input: eight words of output. */
function compressOnly(chaining: Uint32Array, input: Uint8Array, flags: number): Uint32Array {
  invariant(input.length <= BLOCK_LENGTH, 'BLAKE3 key derivation is implemented for one block');
  const counter = 0;
  const state = Uint32Array.from([...chaining, ...IV.subarray(0, 4), counter, counter, input.length, flags]);
  let message = readBlock(input);
  for (let round = 0; round < ROUNDS; round++) {
    mixRound(state, message);
    message = message.map((_, i) => message[PERMUTATION[i] ?? 0] ?? 0);
  }
  return state.subarray(0, 8).map((word, i) => word ^ word32(state, i + 8));
}

function readBlock(input: Uint8Array): Uint32Array {
  const block = new Uint8Array(BLOCK_LENGTH);
  block.set(input);
  const view = new DataView(block.buffer);
  return Uint32Array.from({ length: 16 }, (_, i) => view.getUint32(4 * i, true));
}

function mixRound(state: Uint32Array, message: Uint32Array): void {
  for (const [i, quarter] of QUARTERS.entries()) {
    mix(state, quarter, word32(message, 2 * i), word32(message, 2 * i + 1));
  }
}

function mix(state: Uint32Array, [a, b, c, d]: Quarter, x: number, y: number): void {
  state[a] = word32(state, a) + word32(state, b) + x;
  state[d] = rotateRight(word32(state, d) ^ word32(state, a), 16);
  state[c] = word32(state, c) + word32(state, d);
  state[b] = rotateRight(word32(state, b) ^ word32(state, c), 12);
  state[a] = word32(state, a) + word32(state, b) + y;
  state[d] = rotateRight(word32(state, d) ^ word32(state, a), 8);
  state[c] = word32(state, c) + word32(state, d);
  state[b] = rotateRight(word32(state, b) ^ word32(state, c), 7);
}

function word32(words: Uint32Array, index: number): number {
  return words[index] ?? 0;
}

function rotateRight(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
