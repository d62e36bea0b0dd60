import { Readable } from 'node:stream';
import type { ContainerListBlobFlatSegmentResponse } from '@azure/storage-blob';
import type { StorageAccess } from './access.ts';
import { createContainerClient } from './azure-client.ts';
import { blobOf, type Container } from './azure-container.ts';
import { deleteBlob } from './azure-delete.ts';
import { azureError } from './azure-errors.ts';
import type { AzureOptions } from './azure-options.ts';
import { checkClockSkew } from './clock-skew.ts';
import { processEnvironment, type StorageEnvironment } from './environment.ts';
import { bodyOfParts, digestParts } from './object-body.ts';
import { blobOfKey, foreignName, objectKey } from './object-keys.ts';
import { keptTime, lengthAndTime } from './object-metadata.ts';
import { totalLength } from './parts.ts';
import { readAnswer, readRange } from './ranged-read.ts';
import { withReadOnly } from './read-only.ts';
import { retryTransient } from './retry.ts';
import { openingCall, serviceCall } from './service-call.ts';
import type {
  BlobId,
  BlobMetadata,
  BlobRange,
  BlobReader,
  BlobStorage,
  CallOptions,
  ForeignFinder,
  GetOptions,
  PutOptions,
} from './storage.ts';
import type { Retention, RetentionExtender } from './storage.ts';

/** Blobs as block blobs of an Azure container, laid out as kopia does: the prefix, then the blob's name.
 *  Opening throws STORAGE_NOT_FOUND for a missing container, STORAGE_DENIED, CLOCK_SKEW.
 *  Source: kopia repo/blob/azure. */
export async function createAzureStorage(
  options: AzureOptions,
  access: StorageAccess,
  environment: StorageEnvironment = processEnvironment,
): Promise<BlobStorage & Partial<RetentionExtender>> {
  const container: Container = {
    client: await createContainerClient(options),
    prefix: options.prefix,
    place: `Azure container ${options.container}/${options.prefix} of ${options.storageAccount}`,
    environment,
    errorOf: azureError,
  };
  const { date } = await openingCall(container, () =>
    serviceCall(container, { verb: 'open' }, undefined, ({ signal }) =>
      fetchPage(container, NOBODYS_PREFIX, signal),
    ),
  );
  if (access !== 'read-only') checkClockSkew(date?.toUTCString(), environment.clock);
  const storage = { ...readerOf(container), ...writerOf(container), close: () => Promise.resolve() };
  return access === 'read-only' ? withReadOnly(storage) : storage;
}

/** Listing what is not there shows whether the container is. */
const NOBODYS_PREFIX = 'holdfast-opens-';

function readerOf(container: Container): BlobReader & ForeignFinder {
  const getMetadata = (id: BlobId, options: CallOptions | undefined): Promise<BlobMetadata> =>
    serviceCall(container, { verb: 'look up', blob: id }, options, async ({ signal }) => {
      const { contentLength, lastModified, metadata } = await blobOf(container, id).getProperties({
        abortSignal: signal,
      });
      return { id, ...lengthAndTime(contentLength, keptTime(metadata?.['kopiamtime']) ?? lastModified, id) };
    });
  return {
    description: container.place,
    get: (id, range, options) => {
      const fetch = (asked: BlobRange | undefined) => download(container, id, asked, options);
      return readRange({ id, fetch, length: async () => (await getMetadata(id, options)).length }, range);
    },
    getMetadata,
    list: (prefix, options) => listBlobs(container, prefix, options),
    findForeign: (options) =>
      serviceCall(container, { verb: 'list' }, options, async ({ signal }) => {
        const { segment } = await fetchPage(container, '', signal);
        return foreignName(
          container.prefix,
          segment.blobItems.map(({ name }) => name),
        );
      }),
  };
}

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

async function download(
  container: Container,
  id: BlobId,
  range: BlobRange | undefined,
  options: GetOptions | undefined,
): Promise<Uint8Array> {
  return await serviceCall(container, { verb: 'read', blob: id }, options, async (call) => {
    const answer = await blobOf(container, id).download(range?.offset ?? 0, range?.length, {
      abortSignal: call.signal,
      // What was cut off is asked for again as a whole, by the wrapper that retries.
      maxRetryRequests: 0,
    });
    const body =
      answer.readableStreamBody instanceof Readable ? answer.readableStreamBody : Readable.from([]);
    const { contentLength, contentRange } = answer;
    return await readAnswer({ body, contentLength, contentRange }, { id, range, into: options?.into }, call);
  });
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

async function* listBlobs(
  container: Container,
  prefix: string,
  options: CallOptions | undefined,
): AsyncGenerator<BlobMetadata> {
  let token: string | undefined;
  do {
    const fetch = () =>
      serviceCall(container, { verb: 'list' }, options, ({ signal }) =>
        fetchPage(container, prefix, signal, token),
      );
    const page = await retryTransient(fetch, container.environment, options?.signal);
    for (const { name, properties, metadata } of page.segment.blobItems) {
      options?.signal?.throwIfAborted();
      const id = blobOfKey(container.prefix, name);
      if (id === undefined) continue;
      const time = keptTime(metadata?.['kopiamtime']) ?? properties.lastModified;
      yield { id, ...lengthAndTime(properties.contentLength, time, id) };
    }
    token = page.continuationToken === '' ? undefined : page.continuationToken;
  } while (token !== undefined);
  options?.signal?.throwIfAborted();
}

async function fetchPage(
  container: Container,
  prefix: string,
  signal: AbortSignal,
  token?: string,
): Promise<ContainerListBlobFlatSegmentResponse> {
  const pages = container.client
    .listBlobsFlat({
      prefix: objectKey(container.prefix, prefix),
      includeMetadata: true,
      abortSignal: signal,
    })
    .byPage({ maxPageSize: 1000, ...(token !== undefined && { continuationToken: token }) });
  const { value } = await pages.next();
  return value;
}
