/** Thrown in a thread that is asked to leave a task which may go on for long; the task itself is all right. */
export class TaskGivenUp extends Error {
  constructor() {
    super('the task was given up');
  }
}

/** What asks all threads of a pool to leave such tasks. */
export class GiveUpSign {
  readonly memory: SharedArrayBuffer;
  readonly #state: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#state = new Int32Array(memory);
  }

  /** For good. */
  raise(): void {
    Atomics.store(this.#state, 0, 1);
  }

  throwIfRaised(): void {
    if (Atomics.load(this.#state, 0) !== 0) throw new TaskGivenUp();
  }
}
