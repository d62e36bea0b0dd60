import type { BlobId, BlobMetadata, BlobStorage, CallOptions } from '../blob/storage.ts';
import { repositoryErrorCode } from '../errors.ts';
import { forEachConcurrently } from './concurrently.ts';
import { type MaintenanceRunParts, NOTHING, type Tally, tallied } from './parts.ts';

const DELETES_AT_ONCE = 16;

/** What became of blobs that were to be deleted. */
export interface Deletion {
  readonly deleted: Tally;
  /** Those that object lock keeps; a later run finds them again. */
  readonly locked: Tally;
}

/** Deletes blobs that nobody needs, and passes over those that are still locked. An interruption leaves the rest for the
 *  next run. */
export async function deleteBlobs(
  { storage, signal }: Pick<MaintenanceRunParts, 'storage' | 'signal'>,
  blobs: readonly Pick<BlobMetadata, 'id' | 'length'>[],
): Promise<Deletion> {
  const call = signal ? { signal } : {};
  let [deleted, locked] = [NOTHING, NOTHING];
  await forEachConcurrently(blobs, DELETES_AT_ONCE, async ({ id, length }) => {
    signal?.throwIfAborted();
    if (await deleteUnlessLocked(storage, id, call)) deleted = tallied(deleted, length);
    else locked = tallied(locked, length);
  });
  return { deleted, locked };
}

/** Deletes a blob; false when object lock keeps it. */
export async function deleteUnlessLocked(
  storage: Pick<BlobStorage, 'delete'>,
  id: BlobId,
  call: CallOptions,
): Promise<boolean> {
  try {
    await storage.delete(id, call);
    return true;
  } catch (error) {
    if (repositoryErrorCode(error) === 'BLOB_LOCKED') return false;
    throw error;
  }
}

/** What a step says of blobs that are still locked; nothing when there are none. */
export function lockedOf({ locked }: Pick<Deletion, 'locked'>): { readonly locked?: Tally } {
  return locked.count === 0 ? {} : { locked };
}
