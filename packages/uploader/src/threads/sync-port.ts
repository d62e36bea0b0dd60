import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';

/** A worker's end of a connection on which it asks the main thread and waits for the answer. */
export class SyncPort {
  readonly #port: MessagePort;
  readonly #signal: Int32Array;

  constructor(port: MessagePort, signal: SharedArrayBuffer) {
    this.#port = port;
    this.#signal = new Int32Array(signal);
  }

  /** Sends `question` and blocks this thread until the answer is there. */
  ask(question: unknown): unknown {
    Atomics.store(this.#signal, 0, 0);
    this.#port.postMessage(question);
    Atomics.wait(this.#signal, 0, 0);
    return receiveMessageOnPort(this.#port)?.message;
  }
}

/** The main thread's end: calls `answer` for each question. `answer` must not reject. */
export function serveSyncPort(
  port: MessagePort,
  signal: SharedArrayBuffer,
  answer: (question: unknown) => Promise<unknown>,
): void {
  const flag = new Int32Array(signal);
  port.on('message', (question: unknown) => {
    void answer(question).then((reply) => {
      port.postMessage(reply);
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0);
    });
  });
  port.unref();
}
