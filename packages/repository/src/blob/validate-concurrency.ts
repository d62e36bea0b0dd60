import type { Clock } from '../clock.ts';
import { parseBlobId } from './blob-id.ts';
import type { BlobId, BlobStorage, CallOptions } from './storage.ts';

/** How hard a storage is tried at the same time; kopia's terms. */
export interface ConcurrencyTest {
  readonly durationMs: number;
  readonly putWorkers: number;
  readonly getWorkers: number;
  readonly getMetadataWorkers: number;
  readonly listWorkers: number;
}

/** Where it is tried. */
export interface ConcurrencyTrial {
  readonly storage: BlobStorage;
  /** Start of the names of all blobs that are written. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly call: CallOptions;
}

/** Writes, reads, looks up and lists blobs all at the same time; gives what went wrong first, or undefined. The blobs stay.
 *  Rejects with what the storage throws. */
export async function tryConcurrently(
  trial: ConcurrencyTrial,
  test: ConcurrencyTest,
): Promise<string | undefined> {
  const written: BlobId[] = [];
  const endMs = trial.clock.nowMs() + test.durationMs;
  const work = [
    ...crew(test.putWorkers, (worker) => putNext(trial, written, worker)),
    ...crew(test.getWorkers, () => withRandom(written, (id) => readBack(trial, id))),
    ...crew(test.getMetadataWorkers, () => withRandom(written, (id) => lookUp(trial, id))),
    ...crew(test.listWorkers, () => listAll(trial, written)),
  ];
  let observed: string | undefined;
  const keepOn = async (step: () => Promise<string | undefined>): Promise<void> => {
    do {
      const wrong = await step();
      observed ??= wrong;
      // Lets the others begin: a storage in memory answers at once.
      await trial.clock.sleep(1, trial.call.signal);
    } while (observed === undefined && trial.clock.nowMs() < endMs);
  };
  await Promise.all(work.map(keepOn));
  return observed;
}

type Step = () => Promise<string | undefined>;

function crew(count: number, step: (worker: number) => Promise<string | undefined>): Step[] {
  return Array.from({ length: count }, (_, worker) => () => step(worker));
}

async function putNext({ storage, prefix, call }: ConcurrencyTrial, written: BlobId[], worker: number) {
  const id = parseBlobId(`${prefix}-${worker}-${written.length}`);
  await storage.put(id, [bodyOf(id)], call);
  written.push(id);
  return undefined;
}

async function readBack({ storage, call }: ConcurrencyTrial, id: BlobId): Promise<string | undefined> {
  const body = bodyOf(id);
  const range = { offset: body.length >> 2, length: body.length >> 1 };
  const [whole, part] = [await storage.get(id, undefined, call), await storage.get(id, range, call)];
  const isSame =
    Buffer.compare(whole, body) === 0 &&
    Buffer.compare(part, body.subarray(range.offset, range.offset + range.length)) === 0;
  return isSame ? undefined : `other bytes came for ${id}`;
}

async function lookUp({ storage, call }: ConcurrencyTrial, id: BlobId): Promise<string | undefined> {
  const { length } = await storage.getMetadata(id, call);
  return length === bodyOf(id).length ? undefined : `${id} is said to have ${length} bytes`;
}

/** What was written before a listing begins has to be in it. */
async function listAll({ storage, prefix, call }: ConcurrencyTrial, written: readonly BlobId[]) {
  const missing = new Set(written);
  for await (const { id } of storage.list(prefix, call)) missing.delete(id);
  return missing.size === 0 ? undefined : `${missing.size} of the blobs written before are not listed`;
}

async function withRandom(
  written: readonly BlobId[],
  use: (id: BlobId) => Promise<string | undefined>,
): Promise<string | undefined> {
  const id = written[Math.floor(Math.random() * written.length)];
  return id === undefined ? undefined : await use(id);
}

/** Up to 100 KB that only this blob has. */
function bodyOf(id: BlobId): Buffer {
  const digits = id.replaceAll(/\D/g, '').slice(-4);
  return Buffer.from(`${id} `.repeat(1 + (Number(digits) % 2000)));
}
