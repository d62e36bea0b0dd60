import type { Clock } from '../clock.ts';
import { RepositoryError } from '../errors.ts';
import { totalLength } from './parts.ts';
import { eraserOf, foreignOf, retentionOf } from './powers.ts';
import { createSlots } from './slots.ts';
import type { BlobStorage } from './storage.ts';
import { createTokenBucket } from './token-bucket.ts';

/** Limits of a connection, with kopia's names; absent or 0 is no limit.
 *  Source: kopia repo/blob/throttling/throttler.go. */
export interface ThrottlingLimits {
  readonly readsPerSecond?: number;
  readonly writesPerSecond?: number;
  readonly listsPerSecond?: number;
  readonly maxUploadSpeedBytesPerSecond?: number;
  readonly maxDownloadSpeedBytesPerSecond?: number;
  readonly concurrentReads?: number;
  readonly concurrentWrites?: number;
}

/** Every member of `ThrottlingLimits`. */
export const LIMIT_NAMES: readonly (keyof ThrottlingLimits)[] = [
  'readsPerSecond',
  'writesPerSecond',
  'listsPerSecond',
  'maxUploadSpeedBytesPerSecond',
  'maxDownloadSpeedBytesPerSecond',
  'concurrentReads',
  'concurrentWrites',
];

/** Limits that can change while storages run within them. */
export interface Throttle {
  readonly limits: ThrottlingLimits;
  /** Replaces all limits at once, also for calls that wait. Throws CONFIG_INVALID for what is no limit, and changes nothing then. */
  setLimits(limits: ThrottlingLimits): void;
  /** Runs a read when its turn comes; `bytesOf` its result go into the rate of downloads. */
  read<T>(run: () => Promise<T>, signal?: AbortSignal, bytesOf?: (result: T) => number): Promise<T>;
  /** Runs a write of so many bytes when its turn comes. */
  write(run: () => Promise<void>, signal?: AbortSignal, bytes?: number): Promise<void>;
  /** Resolves when a listing may start. */
  list(signal?: AbortSignal): Promise<void>;
}

/** Limits for one or more storages together. Throws CONFIG_INVALID. */
export function createThrottle(initial: ThrottlingLimits, clock: Clock): Throttle {
  let limits = checked(initial);
  const bucket = () => createTokenBucket(0, clock);
  const [reads, writes, lists, uploads, downloads] = [bucket(), bucket(), bucket(), bucket(), bucket()];
  const [readSlots, writeSlots] = [createSlots(0), createSlots(0)];
  const apply = (): void => {
    reads.setRate(limits.readsPerSecond ?? 0);
    writes.setRate(limits.writesPerSecond ?? 0);
    lists.setRate(limits.listsPerSecond ?? 0);
    uploads.setRate(limits.maxUploadSpeedBytesPerSecond ?? 0);
    downloads.setRate(limits.maxDownloadSpeedBytesPerSecond ?? 0);
    readSlots.setCount(limits.concurrentReads ?? 0);
    writeSlots.setCount(limits.concurrentWrites ?? 0);
  };
  apply();
  return {
    get limits() {
      return limits;
    },
    setLimits(next) {
      limits = checked(next);
      apply();
    },
    async read(run, signal, bytesOf = () => 0) {
      await reads.take(1, signal);
      return await readSlots.run(async () => {
        const result = await run();
        await downloads.take(bytesOf(result), signal);
        return result;
      }, signal);
    },
    async write(run, signal, bytes = 0) {
      await writes.take(1, signal);
      await writeSlots.run(async () => {
        await uploads.take(bytes, signal);
        await run();
      }, signal);
    },
    list: (signal) => lists.take(1, signal),
  };
}

/** Whether there is any limit at all. */
export function isLimited(limits: ThrottlingLimits): boolean {
  return Object.values(limits).some((limit) => limit > 0);
}

function checked(limits: ThrottlingLimits): ThrottlingLimits {
  for (const [name, limit] of Object.entries(limits)) {
    const isCount = name.startsWith('concurrent');
    if (limit >= 0 && Number.isFinite(limit) && (!isCount || Number.isSafeInteger(limit))) continue;
    const kind = isCount ? 'a whole number' : 'a number';
    throw new RepositoryError('CONFIG_INVALID', `the limit ${name} is not ${kind} from 0: ${limit}`);
  }
  return { ...limits };
}

/** `inner`, kept within the limits of `throttle`. `get` and `getMetadata` are reads; `put`, `delete` and `extendRetention` are
 *  writes. What a download costs is known when it is there: it is handed out once its bytes fit the rate.
 *  The result is never local files: worker threads that open them would escape the limits. */
export function withThrottle(inner: BlobStorage, throttle: Throttle): BlobStorage {
  return {
    description: inner.description,
    get: (id, range, call) =>
      throttle.read(
        () => inner.get(id, range, call),
        call?.signal,
        (bytes) => bytes.length,
      ),
    getMetadata: (id, call) => throttle.read(() => inner.getMetadata(id, call), call?.signal),
    async *list(prefix, call) {
      await throttle.list(call?.signal);
      yield* inner.list(prefix, call);
    },
    put: (id, parts, call) =>
      throttle.write(() => inner.put(id, parts, call), call?.signal, totalLength(parts)),
    delete: (id, call) => throttle.write(() => inner.delete(id, call), call?.signal),
    close: () => inner.close(),
    ...eraserOf(inner, (run, call) => throttle.write(run, call?.signal)),
    ...retentionOf(inner, (run, call) => throttle.write(run, call?.signal)),
    ...foreignOf(inner, async (run, call) => {
      await throttle.list(call?.signal);
      return await run();
    }),
  };
}
