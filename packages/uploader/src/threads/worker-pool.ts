import { setImmediate as immediate } from 'node:timers/promises';
import { MessageChannel, type Transferable, type Worker } from 'node:worker_threads';

import {
  type Clock,
  type ContentFormat,
  type Handoff,
  InvariantError,
  invariant,
  SegmentPool,
  type WriterMemory,
} from '@holdfast/repository';

import { UploaderError } from '../errors.ts';
import { createCounterMemory, type CounterValues, sumCounters, WorkerCounters } from './counters.ts';
import { answerPackQuestion, type PackSource } from './pack-desk.ts';
import type { FromWorker, PackQuestion, Reply, Task, ToWorker, WorkerStart } from './protocol.ts';
import { takeThread } from './spare-thread.ts';
import { GiveUpSign } from './giving-up.ts';
import { closeSyncPort, serveSyncPort } from './sync-port.ts';
import { TaskQueue } from './task-queue.ts';
import { unpackError } from './thread-error.ts';

/** What a worker pool works with. */
export interface WorkerPoolParts {
  readonly workers: number;
  readonly format: ContentFormat;
  readonly maxChunk: number;
  readonly indexPageBytes: number;
  /** Undefined in a process that only reads. */
  readonly writer: WriterMemory | undefined;
  readonly indexFiles: () => readonly string[];
  /** See `WorkerStart`. */
  readonly statTable?: string | undefined;
  readonly onHandoff: (handoff: Handoff) => void;
  readonly onStarved: () => void;
  readonly packs: PackSource;
  readonly clock: Clock;
}

/** What a caller may ask of one task. */
export interface RunOptions {
  /** Queue the task ahead of those that only make more work. */
  readonly isUrgent?: boolean;
  /** For chunk tasks: called as soon as the start of the next chunk is known. */
  readonly onCut?: (nextOffset: number, atEnd: boolean) => void;
}

/** What a task of this kind is answered with. */
export type ReplyTo<T extends Task> = Extract<Reply, { kind: T['kind'] }>;

interface QueuedTask extends RunOptions {
  readonly task: Task;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

interface PoolWorker {
  readonly thread: Worker;
  readonly packSignal: SharedArrayBuffer;
  readonly ended: Promise<void>;
  /** Whether it has started. */
  isReady: boolean;
  /** What was sent to the thread and not answered yet. */
  readonly running: Map<number, QueuedTask | Waiter>;
  indexFiles: readonly string[];
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Tasks end sooner, also those that write to slow disks. */
const LONGEST_END_MS = 5000;

/** Tasks sent to a worker ahead of time, so that it never waits for the main thread. */
const TASKS_AHEAD = 2;

/** Worker threads, started when there is work for them, and the tasks that wait for them. */
export class WorkerPool {
  readonly #parts: WorkerPoolParts;
  readonly #counters: SharedArrayBuffer;
  readonly #workers: PoolWorker[] = [];
  readonly #queue = new TaskQueue<QueuedTask>();
  readonly #idleWaiters: Waiter[] = [];
  readonly #giveUp = new GiveUpSign();
  #isPaused = false;
  #isClosed = false;
  #nextId = 0;
  #failure: { readonly error: unknown } | undefined;

  /** For what the main thread does itself. */
  readonly mainCounters: WorkerCounters;

  /** Starts the first thread, which gets ready while the caller prepares its first task. */
  constructor(parts: WorkerPoolParts) {
    this.#parts = parts;
    this.#counters = createCounterMemory(parts.workers + 1);
    this.mainCounters = new WorkerCounters(this.#counters, parts.workers);
    this.#startWorker();
  }

  /** What all threads have counted so far. */
  get counters(): CounterValues {
    return sumCounters(this.#counters);
  }

  /** Does a task in some worker. Rejects with what the task threw, or with what made the pool fail. */
  async run<T extends Task>(task: T, options: RunOptions = {}): Promise<ReplyTo<T>> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const reply = await new Promise<Reply>((resolve, reject) => {
      this.#queue.add({ ...options, task, resolve, reject }, options.isUrgent === true);
      this.#dispatch();
    });
    invariant(reply.kind === task.kind, 'a worker answers in kind');
    // Narrowed by the check above.
    return reply as ReplyTo<T>;
  }

  /** Starts no more tasks, except those that store a content, and waits until nothing is running. What the caller
   *  awaits from its tasks has been continued by then as far as it can. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    if (this.#failure !== undefined) throw this.#failure.error;
    while (this.#isBusy()) {
      await new Promise<void>((resolve, reject) => this.#idleWaiters.push({ resolve, reject }));
      await immediate();
    }
  }

  /** Ends a pause. */
  resume(): void {
    this.#isPaused = false;
    this.#dispatch();
  }

  /** Makes every worker hand over its segments, after the tasks it has already been given. */
  async handOver(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const used = this.#workers.filter(({ isReady, running }) => isReady || running.size > 0);
    await Promise.all(
      used.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            const id = this.#nextId++;
            worker.running.set(id, { resolve, reject });
            post(worker, { type: 'handOver', id });
          }),
      ),
    );
  }

  /** Makes threads leave files that may go on for long, so that a pause comes soon. For good: what is left waits until the pool
   *  fails. */
  interrupt(): void {
    this.#giveUp.raise();
  }

  /** Fails everything that is queued or running with `error`; no further task is taken. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    for (const waiting of [...this.#queue.takeAll(), ...this.#idleWaiters.splice(0)]) waiting.reject(error);
    for (const worker of this.#workers) {
      for (const running of worker.running.values()) running.reject(error);
      worker.running.clear();
    }
  }

  /** Ends the threads, each after what it is doing, and waits for that; may be called again. What is still queued or running
   *  is never answered. `terminate` takes the whole process down when it meets a thread that is loading a native package, so
   *  it is left for those that were ready and don't end. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#giveUp.raise();
      for (const worker of this.#workers) {
        worker.running.clear();
        closeSyncPort(worker.packSignal);
        post(worker, { type: 'end' });
      }
      const { writer } = this.#parts;
      if (writer !== undefined) new SegmentPool(writer.segments).wake();
    }
    await Promise.all(this.#workers.map(async (worker) => await this.#ended(worker)));
  }

  /** Waits for a thread that was told to end. One that a read does not come back to can't even be terminated, and holds nobody up. */
  async #ended({ thread, ended, isReady }: PoolWorker): Promise<void> {
    if (!isReady) return await ended;
    const waiting = new AbortController();
    const isLate = this.#parts.clock.sleep(LONGEST_END_MS, waiting.signal).then(
      () => true,
      () => false,
    );
    if (await Promise.race([ended.then(() => false), isLate])) {
      void thread.terminate();
      thread.unref();
    }
    waiting.abort();
  }

  #startWorker(): void {
    const { port1, port2 } = new MessageChannel();
    const packSignal = new SharedArrayBuffer(4);
    const { packs } = this.#parts;
    // A cast: threads ask nothing else on this port.
    serveSyncPort(port1, packSignal, (question) => answerPackQuestion(packs, question as PackQuestion));
    const { format, maxChunk, indexPageBytes, writer, indexFiles, statTable } = this.#parts;
    const start: WorkerStart = {
      format,
      maxChunk,
      indexPageBytes,
      writer,
      statTable,
      packsAreLocal: packs.isLocal,
      packPort: port2,
      packSignal,
      workerNumber: this.#workers.length,
      indexFiles: indexFiles(),
      counters: this.#counters,
      giveUp: this.#giveUp.memory,
    };
    const thread = takeThread();
    const worker: PoolWorker = {
      thread,
      packSignal,
      ended: new Promise((resolve) => thread.once('exit', () => resolve())),
      isReady: false,
      running: new Map(),
      indexFiles: start.indexFiles,
    };
    this.#workers.push(worker);
    post(worker, { type: 'start', start }, [port2]);
    thread.on('message', (message: FromWorker) => this.#receive(worker, message));
    thread.on('error', (error) => this.fail(threadDied(error)));
    thread.on('messageerror', (error) => this.fail(error));
    thread.on(
      'exit',
      (code) => this.#isClosed || this.fail(new InvariantError(`a worker thread ended with ${code}`)),
    );
  }

  #dispatch(): void {
    for (;;) {
      const worker = this.#workerWithRoom();
      if (worker === undefined) return;
      const next = this.#isPaused ? this.#queue.takeUrgent(isContentTask) : this.#queue.take();
      if (next === undefined) return;
      if (worker.running.size > 0 && this.#workers.length < this.#parts.workers) this.#startWorker();
      const id = this.#nextId++;
      worker.running.set(id, next);
      this.#bringIndexUpToDate(worker);
      post(worker, { type: 'task', id, task: next.task }, handedOver(next.task));
    }
  }

  /** The least busy worker that can take a task. One that is still starting would keep it, and all that waits for it, for
   *  a tenth of a second: it gets one only when there is no other. */
  #workerWithRoom(): PoolWorker | undefined {
    if (this.#failure !== undefined || this.#isClosed) return undefined;
    const ready = this.#workers.filter(({ isReady }) => isReady);
    const [first, ...others] = ready.length > 0 ? ready : this.#workers.slice(0, 1);
    invariant(first !== undefined, 'the first worker starts with the pool');
    const best = others.reduce((a, b) => (b.running.size < a.running.size ? b : a), first);
    return best.running.size < TASKS_AHEAD ? best : undefined;
  }

  #bringIndexUpToDate(worker: PoolWorker): void {
    const paths = this.#parts.indexFiles();
    if (paths === worker.indexFiles) return;
    worker.indexFiles = paths;
    post(worker, { type: 'indexFiles', paths });
  }

  #receive(worker: PoolWorker, message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        worker.isReady = true;
        this.#dispatch();
        break;
      case 'reply': {
        const task = this.#finish(worker, message.id);
        if (task !== undefined && 'task' in task) task.resolve(message.reply);
        break;
      }
      case 'failed':
        this.#finish(worker, message.id)?.reject(unpackError(message.error));
        break;
      case 'givenUp': {
        const task = worker.running.get(message.id);
        if (task !== undefined && 'task' in task) this.#queue.add(task, task.isUrgent === true);
        this.#finish(worker, message.id);
        break;
      }
      case 'handedOver': {
        const task = this.#finish(worker, message.id);
        if (task !== undefined && !('task' in task)) task.resolve();
        break;
      }
      case 'nextChunk': {
        const task = worker.running.get(message.id);
        if (task !== undefined && 'task' in task) task.onCut?.(message.offset, message.atEnd);
        break;
      }
      case 'handoff':
        this.#attempt(() => this.#parts.onHandoff(message.handoff));
        break;
      case 'starved':
        this.#attempt(() => this.#parts.onStarved());
        break;
    }
  }

  #finish(worker: PoolWorker, id: number): QueuedTask | Waiter | undefined {
    const task = worker.running.get(id);
    worker.running.delete(id);
    this.#dispatch();
    if (!this.#isBusy()) for (const waiter of this.#idleWaiters.splice(0)) waiter.resolve();
    return task;
  }

  #isBusy(): boolean {
    return this.#workers.some((worker) => worker.running.size > 0);
  }

  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(error);
    }
  }
}

/** A thread that runs out of memory, or that an error gets the better of, ends without an answer to what it was doing. */
function threadDied(cause: Error): UploaderError {
  return new UploaderError('THREAD_DIED', `a worker thread ended unexpectedly: ${cause.message}`, {}, cause);
}

/** Memory that goes to the thread with its task: a copy that stays here would be collected late. */
function handedOver(task: Task): readonly Transferable[] {
  return task.kind === 'content' ? [task.bytes.buffer] : [];
}

function isContentTask({ task }: QueuedTask): boolean {
  return task.kind === 'content';
}

function post(worker: PoolWorker, message: ToWorker, transfer: readonly Transferable[] = []): void {
  worker.thread.postMessage(message, transfer);
}
