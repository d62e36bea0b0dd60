import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../clock.ts';
import { alternating } from './alternating.ts';
import { CONTRACT_CHECKS } from './contract-checks.ts';
import { type CheckOutcome, lockChecks } from './lock-checks.ts';
import { type StoryTrial, STORY_CHECKS } from './provider-checks.ts';
import { type Check, idsOf, ownBlob, textOf, type Trial } from './provider-trial.ts';
import type { BlobStorage } from './storage.ts';
import { type ConcurrencyTest, tryConcurrently } from './validate-concurrency.ts';

/** Something that a repository relies on and a storage does not do. */
export interface ProviderLack {
  /** What was expected, such as `a blob can be read as soon as it is written`. */
  readonly expectation: string;
  /** What happened instead. */
  readonly observed: string;
}

/** One thing that was tried, or said not to be. */
export type ProviderCheck = CheckOutcome;

/** How thorough to be. */
export interface ValidationOptions {
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Bytes of the largest blob that is written; packs have about 20 MiB. */
  readonly blobBytes?: number;
  /** Blobs that are written, read and listed at the same time. */
  readonly concurrency?: number;
  /** Blobs for a listing that comes in pages; services give a thousand at a time. */
  readonly listedBlobs?: number;
  /** The repository locks its blobs: that the storage can't is a lack. */
  readonly needsLock?: boolean;
  /** More connections to the same storage: what one writes, the others have to see. */
  readonly otherConnections?: readonly BlobStorage[];
  /** Last of all, for how long and how hard the storage is tried at the same time; not at all when absent. */
  readonly concurrencyTest?: ConcurrencyTest;
  /** Told of each check when it is done. */
  readonly onCheck?: (check: ProviderCheck) => void;
}

/** Tries a storage for everything that a repository relies on, with blobs of its own (`z` and random digits) that it deletes again;
 *  others are neither read nor changed. Where there is object lock, one blob of a few bytes stays until its lock ends. Gives what is
 *  lacking: nothing, when all is well. Rejects only with the signal's reason. */
export async function validateProvider(
  storage: BlobStorage,
  options: ValidationOptions = {},
): Promise<readonly ProviderLack[]> {
  const trial = trialOf(storage, options);
  const lacks: ProviderLack[] = [];
  try {
    for await (const check of outcomes(storage, trial, options)) {
      options.onCheck?.(check);
      const { expectation, observed } = check;
      if (observed !== undefined) lacks.push({ expectation, observed });
    }
  } finally {
    await cleanUp(trial);
  }
  options.signal?.throwIfAborted();
  return lacks;
}

async function* outcomes(
  storage: BlobStorage,
  trial: StoryTrial,
  { concurrencyTest, needsLock = false }: ValidationOptions,
): AsyncGenerator<CheckOutcome> {
  for (const [expectation, check] of STORY_CHECKS) yield await outcomeOf(expectation, check, trial);
  for (const [number, [expectation, check]] of CONTRACT_CHECKS.entries()) {
    const own = { ...trial, prefix: `${trial.prefix}-${number}-` };
    yield await outcomeOf(expectation, check, own);
    await cleanUp(own);
  }
  for await (const outcome of lockChecks(storage, trial, needsLock)) {
    trial.call.signal?.throwIfAborted();
    yield outcome;
  }
  if (concurrencyTest !== undefined)
    yield await outcomeOf(BUSY, () => tryConcurrently(trial, concurrencyTest), trial);
}

async function outcomeOf<T extends Trial>(
  expectation: string,
  check: Check<T>,
  trial: T,
): Promise<CheckOutcome> {
  trial.call.signal?.throwIfAborted();
  const observed = await check(trial).catch((error: unknown) => textOf(error));
  return { expectation, observed };
}

const BUSY = 'blobs can be written, read, looked up and listed by several clients for a while';

function trialOf(storage: BlobStorage, options: ValidationOptions): StoryTrial {
  const prefix = `z${randomBytes(16).toString('hex')}`;
  return {
    storage: alternating([storage, ...(options.otherConnections ?? [])]),
    clock: options.clock ?? systemClock,
    call: options.signal === undefined ? {} : { signal: options.signal },
    prefix,
    first: ownBlob({ prefix }, '-first'),
    body: randomBytes(options.blobBytes ?? 20 << 20),
    concurrency: options.concurrency ?? 16,
    listedBlobs: options.listedBlobs ?? 1050,
  };
}

/** Whatever was aborted or failed, nothing of ours should stay; what can't be deleted now can't be helped. */
async function cleanUp(trial: Trial): Promise<void> {
  const own: Trial = { ...trial, call: {} };
  const ids = await idsOf(own).catch(() => []);
  while (ids.length > 0)
    await Promise.allSettled(ids.splice(-trial.concurrency).map((id) => own.storage.delete(id)));
}
