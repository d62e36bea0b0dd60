import type { Clock } from '../clock.ts';
import { AdaptiveGate } from './adaptive-gate.ts';
import { totalLength } from './parts.ts';
import { eraserOf, foreignOf, retentionOf } from './powers.ts';
import type { BlobStorage } from './storage.ts';

/** `inner`, with as many `get`s, and as many `put`s, at a time as measurably help. Goes below what retries: each attempt is a
 *  request, and one that waits for its next attempt holds nobody up. */
export function withAdaptiveConcurrency(inner: BlobStorage, clock: Clock): BlobStorage {
  const downloads = new AdaptiveGate(clock);
  const uploads = new AdaptiveGate(clock);
  return {
    description: inner.description,
    get: (id, range, options) =>
      downloads.run(
        () => inner.get(id, range, options),
        (bytes) => bytes.length,
        options?.signal,
      ),
    getMetadata: (id, options) => inner.getMetadata(id, options),
    list: (prefix, options) => inner.list(prefix, options),
    put: (id, parts, options) =>
      uploads.run(
        () => inner.put(id, parts, options),
        () => totalLength(parts),
        options?.signal,
      ),
    delete: (id, options) => inner.delete(id, options),
    close: () => inner.close(),
    ...eraserOf(inner, (run) => run()),
    ...retentionOf(inner, (run) => run()),
    ...foreignOf(inner, (run) => run()),
  };
}
