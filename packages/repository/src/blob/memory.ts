import type { Clock } from '../clock.ts';
import { RepositoryError } from '../errors.ts';
import { concatParts } from './parts.ts';
import { memoryFor, resolveRange } from './range.ts';
import type { BlobId, BlobStorage, CallOptions, Retention, RetentionExtender } from './storage.ts';

/** How a storage in memory behaves. */
export interface MemoryStorageOptions {
  readonly clock: Clock;
  /** As in a versioned bucket, deleting or replacing a locked blob hides it and keeps what is locked, so it is allowed. */
  readonly versioned?: boolean;
}

interface StoredBlob {
  readonly bytes: Uint8Array;
  readonly timestampMs: number;
  readonly lockedUntilMs: number;
}

/** Blobs in memory, with object lock: a locked blob can neither be deleted nor replaced (BLOB_LOCKED). */
export function createMemoryStorage(options: MemoryStorageOptions): BlobStorage & RetentionExtender {
  const { clock } = options;
  const blobs = new Map<BlobId, StoredBlob>();
  let newestMs = 0;

  const find = (id: BlobId): StoredBlob => {
    const blob = blobs.get(id);
    if (blob !== undefined) return blob;
    throw new RepositoryError('BLOB_NOT_FOUND', `there is no blob ${id}`, { blob: id });
  };
  const refuseIfLocked = (id: BlobId): void => {
    if (options.versioned === true || (blobs.get(id)?.lockedUntilMs ?? 0) <= clock.nowMs()) return;
    throw new RepositoryError('BLOB_LOCKED', `blob ${id} is locked`, { blob: id });
  };
  const lockEnd = (retention: Retention | undefined): number =>
    retention === undefined ? 0 : clock.nowMs() + retention.periodMs;

  return {
    description: 'memory',
    async get(id, range, call) {
      await begin(call);
      const { bytes } = find(id);
      const { offset, length } = resolveRange(id, range, bytes.length);
      const result = memoryFor(length, call);
      result.set(bytes.subarray(offset, offset + length));
      return result;
    },
    async getMetadata(id, call) {
      await begin(call);
      const { bytes, timestampMs } = find(id);
      return { id, length: bytes.length, timestampMs };
    },
    async *list(prefix, call) {
      await begin(call);
      for (const [id, { bytes, timestampMs }] of Array.from(blobs)) {
        call?.signal?.throwIfAborted();
        if (id.startsWith(prefix)) yield { id, length: bytes.length, timestampMs };
      }
      call?.signal?.throwIfAborted();
    },
    async put(id, parts, call) {
      await begin(call);
      refuseIfLocked(id);
      // A storage's own time never runs backwards, whatever the clock does.
      newestMs = Math.max(newestMs, clock.nowMs());
      blobs.set(id, {
        bytes: concatParts(parts),
        timestampMs: newestMs,
        lockedUntilMs: lockEnd(call?.retention),
      });
    },
    async delete(id, call) {
      await begin(call);
      refuseIfLocked(id);
      blobs.delete(id);
    },
    async extendRetention(id, retention, call) {
      await begin(call);
      const blob = find(id);
      blobs.set(id, { ...blob, lockedUntilMs: Math.max(blob.lockedUntilMs, lockEnd(retention)) });
    },
    close: () => Promise.resolve(),
  };
}

/** Every call takes a turn of the event loop's queue, as a real storage's would. */
async function begin(call: CallOptions | undefined): Promise<void> {
  call?.signal?.throwIfAborted();
  await Promise.resolve();
}
