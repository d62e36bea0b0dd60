import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { CurrentInput, type FuzzBatch, type FuzzMessage } from './protocol.ts';

/** Something wrong with a decoder, and what it was given. */
export interface Finding {
  readonly target: string;
  readonly problem: string;
  readonly input: Uint8Array;
}

/** What came of feeding one target. */
export interface BatchReport {
  readonly target: string;
  readonly inputs: number;
  /** How many were decoded, not refused. */
  readonly accepted: number;
  readonly findings: readonly Finding[];
}

/** A decoder that is busy with one input for so long hangs. */
export const INPUT_LIMIT_MS = 2000;

const POLL_MS = 100;
const HEAP_LIMIT_MB = 512;

/** A thread that decodes, replaced by another when an input hangs or kills it. */
export class FuzzThread implements AsyncDisposable {
  readonly #current = new CurrentInput();
  #worker: Worker | undefined;
  #targets: readonly string[] = [];

  /** Names of all targets. */
  async targets(): Promise<readonly string[]> {
    await this.#start();
    return this.#targets;
  }

  /** Feeds inputs to a target, by its number; ends early when the thread does. */
  async run(batch: FuzzBatch): Promise<BatchReport> {
    const worker = await this.#start();
    const target = this.#targets[batch.target] ?? String(batch.target);
    const before = this.#current.count;
    const findings: Finding[] = [];
    const found: Report = (problem, input = this.#current.bytes) =>
      void findings.push({ target, problem, input });
    const result = this.#listen(worker, found);
    worker.postMessage(batch);
    const accepted = await Promise.race([result.accepted, this.#watch(result, found)]);
    return { target, inputs: this.#current.count - before, accepted, findings };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return;
    const exit = once(worker, 'exit');
    worker.postMessage('close');
    await exit;
  }

  async #start(): Promise<Worker> {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: this.#current.memory,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT_MB },
    });
    const [ready]: readonly FuzzMessage[] = await once(worker, 'message');
    if (ready?.kind === 'ready') this.#targets = ready.targets;
    this.#worker = worker;
    return worker;
  }

  /** Hears what the thread says of a batch. */
  #listen(worker: Worker, found: Report): Running {
    const { promise, resolve } = Promise.withResolvers<number>();
    const running: Running = { isDone: false, accepted: promise };
    const end = (accepted: number): void => {
      running.isDone = true;
      worker.off('message', hear).off('error', fail);
      resolve(accepted);
    };
    const hear = (message: FuzzMessage): void => {
      if (message.kind === 'finding') found(message.problem, message.input);
      if (message.kind === 'done') end(message.accepted);
    };
    const fail = (error: unknown): void => {
      found(`the thread died: ${String(error)}`);
      this.#worker = undefined;
      end(0);
    };
    worker.on('message', hear).on('error', fail);
    return running;
  }

  /** Ends the thread when it stays at one input; never resolves otherwise. */
  async #watch(running: Running, found: Report): Promise<number> {
    let [count, sinceMs] = [this.#current.count, performance.now()];
    while (!running.isDone) {
      await delay(POLL_MS, undefined, { ref: false });
      if (this.#current.count !== count) [count, sinceMs] = [this.#current.count, performance.now()];
      else if (performance.now() - sinceMs > INPUT_LIMIT_MS) break;
    }
    if (running.isDone) return await running.accepted;
    found(`it takes longer than ${INPUT_LIMIT_MS} ms`);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    return 0;
  }
}

/** Takes a problem; without an input it is that of the one under way. */
type Report = (problem: string, input?: Uint8Array) => void;

/** A batch under way; `accepted` counts the inputs that were decoded, 0 when the thread dies. */
interface Running {
  isDone: boolean;
  readonly accepted: Promise<number>;
}
