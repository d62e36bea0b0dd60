import { decodeFormatBlob, openStorage, readFormatBlob, type StorageLocation } from '@holdfast/repository';
import type { CliContext } from '../context.ts';

/** The unique ID of the repository at a place, which needs no password.
 *  Throws NOT_A_REPOSITORY, FORMAT_CORRUPT, and what opening the storage throws. */
export async function repositoryId({ cost }: CliContext, location: StorageLocation): Promise<Uint8Array> {
  const storage = await openStorage(location, 'read-only', cost.environment());
  try {
    return decodeFormatBlob(await readFormatBlob(storage, {})).uniqueId;
  } finally {
    await storage.close();
  }
}
