import type { BlobMetadata } from '../blob/storage.ts';
import { forEachConcurrently } from './concurrently.ts';
import { type MaintenanceRunParts, type Tally, tallyOf } from './parts.ts';

const DELETES_AT_ONCE = 16;

/** Deletes blobs that nobody needs. An interruption leaves the rest for the next run. */
export async function deleteBlobs(
  { storage, signal }: Pick<MaintenanceRunParts, 'storage' | 'signal'>,
  blobs: readonly Pick<BlobMetadata, 'id' | 'length'>[],
): Promise<Tally> {
  const call = signal ? { signal } : {};
  await forEachConcurrently(blobs, DELETES_AT_ONCE, async ({ id }) => {
    signal?.throwIfAborted();
    await storage.delete(id, call);
  });
  return tallyOf(blobs);
}
