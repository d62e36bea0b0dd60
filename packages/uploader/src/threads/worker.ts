import { type MessagePort, parentPort } from 'node:worker_threads';

import {
  ContentEncoder,
  type ContentCrypto,
  createContentCrypto,
  createSplitter,
  type Handoff,
  IndexFiles,
  invariant,
  KnownContents,
  SegmentPool,
  type Splitter,
  SPLITTER_SCRATCH_BYTES,
  systemClock,
  ThreadPacks,
  type WriterMemory,
} from '@holdfast/repository/worker';

import { createChunkBuffer } from './chunk-buffer.ts';
import { WorkerCounters } from './counters.ts';
import type { FromWorker, Reply, Task, ToWorker, WorkerStart } from './protocol.ts';
import { GiveUpSign, TaskGivenUp } from './giving-up.ts';
import { packDesk } from './pack-desk.ts';
import { SyncPort } from './sync-port.ts';
import { nativeCalls } from '../filesystem/native.ts';
import { DirectoryStats } from '../stat-cache/directory-stats.ts';
import { runTask } from './tasks.ts';
import type { ThreadContext } from './thread-context.ts';
import { packError } from './thread-error.ts';

/** A worker thread: takes tasks from the main thread, one at a time, in the order they come. */
class WorkerThread {
  readonly #port: MessagePort;
  #context: ThreadContext | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (message: ToWorker) => {
      this.#last = this.#last.then(() => this.#handle(message));
    });
  }

  async #handle(message: ToWorker): Promise<void> {
    if (message.type === 'end') process.exit();
    if (message.type === 'start') {
      const desk = new SyncPort(message.start.packPort, message.start.packSignal);
      // Nothing native is loaded before: a thread that nobody needs ends with the process, whatever it is doing.
      if (desk.isClosed) return;
      nativeCalls();
      this.#context = await createContext(this.#port, message.start, desk);
      this.#post({ type: 'ready' });
    } else if (this.#context !== undefined) await this.#obey(this.#context, message);
  }

  async #obey(context: ThreadContext, message: Exclude<ToWorker, { type: 'start' | 'end' }>): Promise<void> {
    switch (message.type) {
      case 'task':
        return await this.#run(context, message.id, message.task);
      case 'indexFiles':
        return context.files.use(message.paths);
      case 'handOver':
        context.encoder?.flush();
        return this.#post({ type: 'handedOver', id: message.id });
    }
  }

  async #run(context: ThreadContext, id: number, task: Task): Promise<void> {
    try {
      const reply = await runTask(context, task, (offset, atEnd) =>
        this.#post({ type: 'nextChunk', id, offset, atEnd }),
      );
      countStored(context);
      this.#port.postMessage({ type: 'reply', id, reply } satisfies FromWorker, handedOver(reply));
    } catch (error) {
      if (error instanceof TaskGivenUp) this.#post({ type: 'givenUp', id });
      else this.#post({ type: 'failed', id, error: packError(error) });
    }
  }

  #post(message: FromWorker): void {
    this.#port.postMessage(message);
  }
}

/** Memory that goes to the main thread with the reply. */
function handedOver(reply: Reply): readonly ArrayBuffer[] {
  if (reply.kind !== 'directory' && reply.kind !== 'files') return [];
  return reply.pieces.flatMap((piece) => (piece.kind === 'entries' ? [piece.json.buffer] : []));
}

function countStored({ encoder, counters }: ThreadContext): void {
  if (encoder === undefined) return;
  counters.set('newContents', encoder.stats.newContents);
  counters.set('newBytes', encoder.stats.newBytes);
  counters.set('storedBytes', encoder.stats.storedBytes);
}

async function createContext(port: MessagePort, start: WorkerStart, desk: SyncPort): Promise<ThreadContext> {
  const { format, maxChunk } = start;
  const crypto = await createContentCrypto(format);
  const files = new IndexFiles(start.indexPageBytes);
  files.use(start.indexFiles);
  const chunk = createChunkBuffer(maxChunk, SPLITTER_SCRATCH_BYTES);
  const giveUp = new GiveUpSign(start.giveUp);
  const splitters = new Map<string, Splitter>();
  let plain: Uint8Array | undefined;
  return {
    crypto,
    files,
    packs: new ThreadPacks(packDesk(desk), start.packsAreLocal),
    encoder: start.writer && createEncoder({ port, desk }, start.writer, crypto, files),
    chunk,
    splitter: (name) => {
      const wanted = name === '' ? format.splitter : name;
      const known = splitters.get(wanted) ?? createSplitter(wanted, { memory: chunk.memory, scratch: 0 });
      splitters.set(wanted, known);
      return known;
    },
    counters: new WorkerCounters(start.counters, start.workerNumber),
    stats: start.statTable === undefined ? undefined : new DirectoryStats(start.statTable, systemClock),
    throwIfToGiveUp: () => giveUp.throwIfRaised(),
    stored: (length) =>
      length <= chunk.bytes.length ? chunk.bytes.subarray(0, length) : new Uint8Array(length),
    // Only what reads packs needs it.
    get plain() {
      return (plain ??= new Uint8Array(maxChunk));
    },
  };
}

function createEncoder(
  { port, desk }: { readonly port: MessagePort; readonly desk: SyncPort },
  memory: WriterMemory,
  crypto: ContentCrypto,
  files: IndexFiles,
): ContentEncoder {
  const pool = new SegmentPool(memory.segments);
  const deliver = (handoff: Handoff): void => {
    const message: FromWorker = { type: 'handoff', handoff };
    port.postMessage(message, [handoff.records.buffer]);
  };
  const askForSegments = (): void => {
    desk.throwIfClosed();
    port.postMessage({ type: 'starved' } satisfies FromWorker);
  };
  return new ContentEncoder({
    format: memory.format,
    crypto,
    known: new KnownContents(memory.known, files),
    pool,
    acquire: () => pool.acquire(askForSegments),
    deliver,
  });
}

// Node's reports have a part of each thread, with the environment once more, and its passwords and keys.
process.report.excludeEnv = true;
invariant(parentPort !== null, 'this file runs as a worker thread');
new WorkerThread(parentPort);
