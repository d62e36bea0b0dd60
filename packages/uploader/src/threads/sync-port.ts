import { InvariantError } from '@holdfast/repository/worker';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';

/** States of a connection, in shared memory. */
const IDLE = 0;
const ASKED = 1;
const CLOSED = 2;

/** A worker's end of a connection on which it asks the main thread and waits for the answer. */
export class SyncPort {
  readonly #port: MessagePort;
  readonly #state: Int32Array;

  constructor(port: MessagePort, signal: SharedArrayBuffer) {
    this.#port = port;
    this.#state = new Int32Array(signal);
  }

  /** Sends `question` and blocks this thread until the answer is there. Throws when the main thread wants no more questions. */
  ask(question: unknown): unknown {
    Atomics.compareExchange(this.#state, 0, IDLE, ASKED);
    this.throwIfClosed();
    this.#port.postMessage(question);
    Atomics.wait(this.#state, 0, ASKED);
    this.throwIfClosed();
    return receiveMessageOnPort(this.#port)?.message;
  }

  /** Whether the thread is to end. */
  get isClosed(): boolean {
    return Atomics.load(this.#state, 0) === CLOSED;
  }

  throwIfClosed(): void {
    if (this.isClosed) throw new InvariantError('this thread is being ended');
  }
}

/** The main thread's end: calls `answer` for each question. `answer` must not reject. */
export function serveSyncPort(
  port: MessagePort,
  signal: SharedArrayBuffer,
  answer: (question: unknown) => Promise<unknown>,
): void {
  const state = new Int32Array(signal);
  port.on('message', (question: unknown) => {
    void answer(question).then((reply) => {
      port.postMessage(reply);
      Atomics.compareExchange(state, 0, ASKED, IDLE);
      Atomics.notify(state, 0);
    });
  });
  port.unref();
}

/** Wakes the worker if it waits for an answer, and lets it ask nothing more. */
export function closeSyncPort(signal: SharedArrayBuffer): void {
  const state = new Int32Array(signal);
  Atomics.store(state, 0, CLOSED);
  Atomics.notify(state, 0);
}
