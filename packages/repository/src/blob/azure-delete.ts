import type { BlobClient } from '@azure/storage-blob';
import { repositoryErrorCode } from '../errors.ts';
import { blobOf, type Container } from './azure-container.ts';
import { objectKey } from './object-keys.ts';
import { isMissing } from './object-metadata.ts';
import { serviceCall } from './service-call.ts';
import type { BlobId, CallOptions } from './storage.ts';

/** Deletes a blob; a locked one is hidden where the container keeps versions, else it throws BLOB_LOCKED. A missing one is no
 *  error. */
export async function deleteBlob(
  container: Container,
  id: BlobId,
  options: CallOptions | undefined,
): Promise<void> {
  try {
    await deleteOnce(container, blobOf(container, id), { id, options });
  } catch (error) {
    if (repositoryErrorCode(error) === 'BLOB_LOCKED') await hideLocked(container, id, options);
    else if (!isMissing(error)) throw error;
  }
}

async function deleteOnce(
  container: Container,
  blob: BlobClient,
  { id, options }: { readonly id: BlobId; readonly options: CallOptions | undefined },
): Promise<void> {
  await serviceCall(container, { verb: 'delete', blob: id }, options, async ({ signal }) => {
    await blob.delete({ abortSignal: signal });
  });
}

/** Deletes a blob whose current version is locked: a version that anybody may unlock is put before it, unlocked and deleted, which
 *  leaves the locked version as an old one until its time has come. Without versions the service refuses the first of these steps.
 *  An interruption leaves an empty blob, for the next attempt. Source: kopia repo/blob/azure (`retryDeleteBlob`). */
async function hideLocked(container: Container, id: BlobId, options: CallOptions | undefined): Promise<void> {
  const version = await putUnlocked(container, id, options);
  const blob = blobOf(container, id);
  await serviceCall(container, { verb: 'lock', blob: id }, options, async ({ signal }) => {
    await blob.deleteImmutabilityPolicy({ abortSignal: signal });
  });
  await deleteOnce(container, blob, { id, options });
  if (version === undefined) return;
  // The blob is gone by now; what is left of the version is empty.
  await deleteOnce(container, blob.withVersion(version), { id, options }).catch(() => undefined);
}

/** Gives the version that was put. */
async function putUnlocked(
  { client, prefix, environment, ...context }: Container,
  id: BlobId,
  options: CallOptions | undefined,
): Promise<string | undefined> {
  const expiriesOn = new Date(environment.clock.nowMs() + 60_000);
  const attempt = { verb: 'write', blob: id } as const;
  return await serviceCall({ environment, ...context }, attempt, options, async ({ signal }) => {
    const { versionId } = await client.getBlockBlobClient(objectKey(prefix, id)).upload('', 0, {
      abortSignal: signal,
      immutabilityPolicy: { policyMode: 'Unlocked', expiriesOn },
    });
    return versionId;
  });
}
