import type { StorageAccess } from './access.ts';
import { createContainerClient } from './azure-client.ts';
import { blobOf, type Container } from './azure-container.ts';
import { deleteBlob } from './azure-delete.ts';
import { azureError } from './azure-errors.ts';
import { fetchPage } from './azure-list.ts';
import type { AzureOptions } from './azure-options.ts';
import { readerOf } from './azure-read.ts';
import { openAzurePointInTime } from './azure-versions.ts';
import { checkClockSkew } from './clock-skew.ts';
import { processEnvironment, type StorageEnvironment } from './environment.ts';
import { bodyOfParts, digestParts } from './object-body.ts';
import { objectKey } from './object-keys.ts';
import { totalLength } from './parts.ts';
import { withReadOnly } from './read-only.ts';
import { openingCall, serviceCall } from './service-call.ts';
import type { BlobId, BlobStorage, PutOptions, Retention, RetentionExtender } from './storage.ts';

/** Blobs as block blobs of an Azure container, laid out as kopia does: the prefix, then the blob's name.
 *  Opening throws STORAGE_NOT_FOUND for a missing container, STORAGE_DENIED, CLOCK_SKEW,
 *  STORAGE_UNSUPPORTED for a point in time of a container without versions. Source: kopia repo/blob/azure. */
export async function createAzureStorage(
  options: AzureOptions,
  access: StorageAccess,
  environment: StorageEnvironment = processEnvironment,
): Promise<BlobStorage & Partial<RetentionExtender>> {
  const container: Container = {
    client: await createContainerClient(options, environment),
    prefix: options.prefix,
    place: `Azure container ${options.container}/${options.prefix} of ${options.storageAccount}`,
    environment,
    errorOf: azureError,
  };
  const { date } = await openingCall(container, () =>
    serviceCall(container, { verb: 'open' }, undefined, ({ signal }) =>
      fetchPage(container, { prefix: NOBODYS_PREFIX }, signal),
    ),
  );
  const storage = { ...readerOf(container), ...writerOf(container), close: () => Promise.resolve() };
  if (options.pointInTimeMs !== undefined)
    return withReadOnly({ ...storage, ...(await openAzurePointInTime(container, options.pointInTimeMs)) });
  if (access !== 'read-only') checkClockSkew(date?.toUTCString(), environment.clock);
  return access === 'read-only' ? withReadOnly(storage) : storage;
}

/** Listing what is not there shows whether the container is. */
const NOBODYS_PREFIX = 'holdfast-opens-';

function writerOf(container: Container): Pick<BlobStorage, 'put' | 'delete'> & RetentionExtender {
  return {
    put: (id, parts, options) => upload(container, id, parts, options),
    delete: (id, options) => deleteBlob(container, id, options),
    extendRetention: (id, retention, options) =>
      serviceCall(container, { verb: 'lock', blob: id }, options, async ({ signal }) => {
        await blobOf(container, id).setImmutabilityPolicy(policyOf(container, retention), {
          abortSignal: signal,
        });
      }),
  };
}

async function upload(
  container: Container,
  id: BlobId,
  parts: readonly Uint8Array[],
  options: PutOptions | undefined,
): Promise<void> {
  options?.signal?.throwIfAborted();
  const [md5] = await digestParts(parts, ['md5']);
  const retention = options?.retention;
  await serviceCall(container, { verb: 'write', blob: id }, options, async ({ signal, progress }) => {
    const blob = container.client.getBlockBlobClient(objectKey(container.prefix, id));
    await blob.upload(() => bodyOfParts(parts, progress), totalLength(parts), {
      abortSignal: signal,
      ...(md5 !== undefined && { transactionalContentMD5: md5 }),
      ...(retention !== undefined && { immutabilityPolicy: policyOf(container, retention) }),
    });
  });
}

/** kopia locks for good whatever the mode, as Azure's other mode anybody may end. */
function policyOf(
  { environment }: Container,
  { periodMs }: Retention,
): { policyMode: 'Locked'; expiriesOn: Date } {
  return { policyMode: 'Locked', expiriesOn: new Date(environment.clock.nowMs() + periodMs) };
}
