/** What the thread that decodes is told. */
export interface FuzzBatch {
  /** Number of the target. */
  readonly target: number;
  readonly inputs: number;
  readonly seed: number;
}

/** What it tells. */
export type FuzzMessage =
  | { readonly kind: 'ready'; readonly targets: readonly string[] }
  | { readonly kind: 'done'; readonly accepted: number }
  | { readonly kind: 'finding'; readonly problem: string; readonly input: Uint8Array };

/** Memory in which the thread leaves what it is about to decode: if it never comes back, that is what it was. */
export class CurrentInput {
  readonly memory: SharedArrayBuffer;
  readonly #head: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(HEAD_BYTES + LONGEST)) {
    this.memory = memory;
    this.#head = new Int32Array(memory, 0, 2);
    this.#bytes = new Uint8Array(memory, HEAD_BYTES);
  }

  /** Inputs so far. */
  get count(): number {
    return Atomics.load(this.#head, 0);
  }

  get bytes(): Uint8Array {
    return this.#bytes.slice(0, Atomics.load(this.#head, 1));
  }

  set(bytes: Uint8Array): void {
    this.#bytes.set(bytes.subarray(0, LONGEST));
    Atomics.store(this.#head, 1, Math.min(bytes.length, LONGEST));
    Atomics.add(this.#head, 0, 1);
  }
}

const HEAD_BYTES = 8;
const LONGEST = 1 << 19;
