import type { Clock } from '../clock.ts';
import { totalLength } from './parts.ts';
import { retentionOf } from './powers.ts';
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

/** `inner`, kept within `limits`. `get` and `getMetadata` are reads; `put`, `delete` and `extendRetention` are writes.
 *  What a download costs is known when it is there: it is handed out once its bytes fit the rate.
 *  The result is never local files: worker threads that open them would escape the limits. */
export function withThrottle(inner: BlobStorage, limits: ThrottlingLimits, clock: Clock): BlobStorage {
  const bucket = (perSecond: number | undefined) => createTokenBucket(perSecond ?? 0, clock);
  const reads = bucket(limits.readsPerSecond);
  const writes = bucket(limits.writesPerSecond);
  const lists = bucket(limits.listsPerSecond);
  const uploads = bucket(limits.maxUploadSpeedBytesPerSecond);
  const downloads = bucket(limits.maxDownloadSpeedBytesPerSecond);
  const readSlots = createSlots(limits.concurrentReads ?? 0);
  const writeSlots = createSlots(limits.concurrentWrites ?? 0);

  const read = async <T>(run: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
    await reads.take(1, signal);
    return await readSlots.run(run, signal);
  };
  const write = async (run: () => Promise<void>, signal: AbortSignal | undefined): Promise<void> => {
    await writes.take(1, signal);
    await writeSlots.run(run, signal);
  };
  return {
    description: inner.description,
    get: (id, range, call) =>
      read(async () => {
        const bytes = await inner.get(id, range, call);
        await downloads.take(bytes.length, call?.signal);
        return bytes;
      }, call?.signal),
    getMetadata: (id, call) => read(() => inner.getMetadata(id, call), call?.signal),
    async *list(prefix, call) {
      await lists.take(1, call?.signal);
      yield* inner.list(prefix, call);
    },
    put: (id, parts, call) =>
      write(async () => {
        await uploads.take(totalLength(parts), call?.signal);
        await inner.put(id, parts, call);
      }, call?.signal),
    delete: (id, call) => write(() => inner.delete(id, call), call?.signal),
    close: () => inner.close(),
    ...retentionOf(inner, (run, call) => write(run, call?.signal)),
  };
}
