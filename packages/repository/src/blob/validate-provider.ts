import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../clock.ts';
import { repositoryErrorCode, type RepositoryErrorCode } from '../errors.ts';
import { parseBlobId } from './blob-id.ts';
import { alternating } from './alternating.ts';
import type { BlobId, BlobRange, BlobStorage } from './storage.ts';
import { type ConcurrencyTest, tryConcurrently } from './validate-concurrency.ts';

/** Something that a repository relies on and a storage does not do. */
export interface ProviderLack {
  /** What was expected, such as `a blob can be read as soon as it is written`. */
  readonly expectation: string;
  /** What happened instead. */
  readonly observed: string;
}

/** One thing that was tried. */
export interface ProviderCheck {
  readonly expectation: string;
  /** What happened instead; undefined when all is well. */
  readonly observed: string | undefined;
}

/** How thorough to be. */
export interface ValidationOptions {
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Bytes of the largest blob that is written; packs have about 20 MiB. */
  readonly blobBytes?: number;
  /** Blobs that are written, read and listed at the same time. */
  readonly concurrency?: number;
  /** More connections to the same storage: what one writes, the others have to see. */
  readonly otherConnections?: readonly BlobStorage[];
  /** Last of all, for how long and how hard the storage is tried at the same time; not at all when absent. */
  readonly concurrencyTest?: ConcurrencyTest;
  /** Told of each check when it is done. */
  readonly onCheck?: (check: ProviderCheck) => void;
}

/** Tries a storage for everything that a repository relies on, with blobs of its own (`z` and random digits) that it deletes again;
 *  others are neither read nor changed. Gives what is lacking: nothing, when all is well. Rejects only with the signal's reason. */
export async function validateProvider(
  storage: BlobStorage,
  options: ValidationOptions = {},
): Promise<readonly ProviderLack[]> {
  const trial = trialOf(storage, options);
  const lacks: ProviderLack[] = [];
  try {
    for (const [expectation, check] of checksOf(options)) {
      options.signal?.throwIfAborted();
      const observed = await check(trial).catch((error: unknown) => textOf(error));
      options.onCheck?.({ expectation, observed });
      if (observed !== undefined) lacks.push({ expectation, observed });
    }
  } finally {
    await cleanUp(trial);
  }
  options.signal?.throwIfAborted();
  return lacks;
}

interface Trial {
  readonly storage: BlobStorage;
  readonly clock: Clock;
  readonly call: { readonly signal?: AbortSignal };
  readonly prefix: string;
  readonly first: BlobId;
  readonly body: Uint8Array;
  readonly concurrency: number;
}

/** What went wrong, or undefined. */
type Check = (trial: Trial) => Promise<string | undefined>;

const CHECKS: readonly (readonly [expectation: string, check: Check])[] = [
  ['a listing of what is not there is empty', (trial) => listsExactly(trial, [])],
  ['a missing blob is said to be missing', missingBlob],
  ['a blob can be written', ({ storage, first, body, call }) => done(storage.put(first, [body], call))],
  ['a blob can be read as soon as it is written', (trial) => readsBack(trial, trial.first, trial.body)],
  ['a blob is listed as soon as it is written', (trial) => listsExactly(trial, [trial.first])],
  ['parts of a blob can be read', partsOfBlob],
  ["the storage's clock agrees with this machine's within 5 minutes", agreeingClock],
  ['a blob can be replaced, and is then read as the new one', replacedBlob],
  ['an empty blob can be kept', emptyBlob],
  ['many blobs can be written, read and listed at the same time', manyBlobs],
  ['a deleted blob is gone from reads and listings', deletedBlob],
  ['deleting a missing blob is no error', ({ storage, first, call }) => done(storage.delete(first, call))],
];

function checksOf({ concurrencyTest }: ValidationOptions): typeof CHECKS {
  if (concurrencyTest === undefined) return CHECKS;
  return [...CHECKS, [BUSY, (trial) => tryConcurrently(trial, concurrencyTest)]];
}

const BUSY = 'blobs can be written, read, looked up and listed by several clients for a while';

function trialOf(storage: BlobStorage, options: ValidationOptions): Trial {
  const prefix = `z${randomBytes(16).toString('hex')}`;
  return {
    storage: alternating([storage, ...(options.otherConnections ?? [])]),
    clock: options.clock ?? systemClock,
    call: options.signal === undefined ? {} : { signal: options.signal },
    prefix,
    first: parseBlobId(`${prefix}-first`),
    body: randomBytes(options.blobBytes ?? 20 << 20),
    concurrency: options.concurrency ?? 16,
  };
}

async function missingBlob({ storage, first, call }: Trial): Promise<string | undefined> {
  const missing: RepositoryErrorCode = 'BLOB_NOT_FOUND';
  const attempts = [
    storage.get(first, undefined, call),
    storage.get(first, { offset: 0, length: 1 }, call),
    storage.getMetadata(first, call),
  ];
  const codes = await Promise.all(attempts.map((attempt) => attempt.then(() => 'no error', codeOf)));
  return codes.every((code) => code === missing) ? undefined : codes.join(', ');
}

async function partsOfBlob({ storage, first, body, call }: Trial): Promise<string | undefined> {
  const half = body.length >> 1;
  const ranges: BlobRange[] = [
    { offset: 0, length: 1 },
    { offset: half, length: 100 },
    { offset: half },
    { offset: body.length - 1, length: 1 },
  ];
  for (const range of ranges) {
    const bytes = await storage.get(first, range, call);
    const end = range.length === undefined ? body.length : range.offset + range.length;
    if (Buffer.compare(bytes, body.subarray(range.offset, end)) !== 0)
      return `other bytes came for the ${range.length ?? 'last'} from ${range.offset} on`;
  }
  const tooFar = await storage
    .get(first, { offset: body.length - 1, length: 2 }, call)
    .then(() => 'no error', codeOf);
  return tooFar === 'BLOB_RANGE_INVALID' ? undefined : `${tooFar} for a range past the end`;
}

async function agreeingClock({ storage, first, clock, call }: Trial): Promise<string | undefined> {
  const { timestampMs } = await storage.getMetadata(first, call);
  const minutes = Math.round((timestampMs - clock.nowMs()) / 60_000);
  return Math.abs(minutes) <= 5 ? undefined : `the storage is ${minutes} minutes ahead`;
}

async function replacedBlob(trial: Trial): Promise<string | undefined> {
  const body = Buffer.from('shorter');
  await trial.storage.put(trial.first, [body.subarray(0, 3), body.subarray(3)], trial.call);
  return (await readsBack(trial, trial.first, body)) ?? (await listsExactly(trial, [trial.first]));
}

async function emptyBlob(trial: Trial): Promise<string | undefined> {
  const id = parseBlobId(`${trial.prefix}-empty`);
  await trial.storage.put(id, [], trial.call);
  const wrong = await readsBack(trial, id, new Uint8Array());
  await trial.storage.delete(id, trial.call);
  return wrong;
}

async function manyBlobs(trial: Trial): Promise<string | undefined> {
  const ids = Array.from({ length: trial.concurrency }, (_, i) => parseBlobId(`${trial.prefix}-many-${i}`));
  const bodies = ids.map((id, i) => Buffer.from(id.repeat(100 * i + 1)));
  const outcomes = await Promise.all(
    ids.map(async (id, i) => {
      const body = bodies[i] ?? new Uint8Array();
      await trial.storage.put(id, [body], trial.call);
      return await readsBack(trial, id, body);
    }),
  );
  return (
    outcomes.find((outcome) => outcome !== undefined) ?? (await listsExactly(trial, [trial.first, ...ids]))
  );
}

async function deletedBlob(trial: Trial): Promise<string | undefined> {
  await trial.storage.delete(trial.first, trial.call);
  const code = await trial.storage.get(trial.first, undefined, trial.call).then(() => 'no error', codeOf);
  if (code !== 'BLOB_NOT_FOUND') return `${code} when it is read`;
  return (await idsOf(trial)).includes(trial.first) ? 'it is still listed' : undefined;
}

async function readsBack(
  { storage, call }: Trial,
  id: BlobId,
  body: Uint8Array,
): Promise<string | undefined> {
  const { length } = await storage.getMetadata(id, call);
  if (length !== body.length) return `it has ${length} bytes instead of ${body.length}`;
  const bytes = await storage.get(id, undefined, call);
  return Buffer.compare(bytes, body) === 0 ? undefined : 'other bytes came';
}

async function listsExactly(trial: Trial, expected: readonly BlobId[]): Promise<string | undefined> {
  const found = await idsOf(trial);
  const missing = expected.filter((id) => !found.includes(id)).length;
  const surplus = found.length - expected.length + missing;
  return missing === 0 && surplus === 0 ? undefined : `${missing} are missing and ${surplus} too many`;
}

async function idsOf({ storage, prefix, call }: Trial): Promise<BlobId[]> {
  const ids: BlobId[] = [];
  for await (const { id } of storage.list(prefix, call)) ids.push(id);
  return ids;
}

/** Whatever was aborted or failed, nothing of ours should stay; what can't be deleted now can't be helped. */
async function cleanUp(trial: Trial): Promise<void> {
  const own: Trial = { ...trial, call: {} };
  const ids = [trial.first, ...(await idsOf(own).catch(() => []))];
  while (ids.length > 0)
    await Promise.allSettled(ids.splice(-trial.concurrency).map((id) => own.storage.delete(id)));
}

async function done(action: Promise<void>): Promise<undefined> {
  await action;
}

function codeOf(error: unknown): string {
  return repositoryErrorCode(error) ?? textOf(error);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
