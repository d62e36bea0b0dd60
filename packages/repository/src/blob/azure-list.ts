import type { BlobItem, ContainerListBlobFlatSegmentResponse } from '@azure/storage-blob';
import type { Container } from './azure-container.ts';
import { blobOfKey, objectKey } from './object-keys.ts';
import { keptTime, lengthAndTime } from './object-metadata.ts';
import { retryTransient } from './retry.ts';
import { serviceCall } from './service-call.ts';
import type { BlobId, BlobMetadata, CallOptions } from './storage.ts';

/** Blobs page by page, each page tried again by itself. */
export async function* listBlobs(
  container: Container,
  prefix: string,
  options: CallOptions | undefined,
): AsyncGenerator<BlobMetadata> {
  for await (const item of listItems(container, { prefix }, options)) {
    const { id, properties, metadata } = item;
    const time = keptTime(metadata?.['kopiamtime']) ?? properties.lastModified;
    yield { id, ...lengthAndTime(properties.contentLength, time, id) };
  }
}

/** What is to be listed. */
export interface ListQuery {
  readonly prefix: string;
  /** Old versions too, and what tells that a blob with old versions was deleted. */
  readonly versions?: true;
}

/** What the service says of each blob, or each version of it, oldest first. */
export async function* listItems(
  container: Container,
  query: ListQuery,
  options: CallOptions | undefined,
): AsyncGenerator<BlobItem & { readonly id: BlobId }> {
  let token: string | undefined;
  do {
    const fetch = () =>
      serviceCall(container, { verb: 'list' }, options, ({ signal }) =>
        fetchPage(container, query, signal, token),
      );
    const page = await retryTransient(fetch, container.environment, options?.signal);
    for (const item of page.segment.blobItems) {
      options?.signal?.throwIfAborted();
      const id = blobOfKey(container.prefix, item.name);
      if (id !== undefined) yield { ...item, id };
    }
    token = page.continuationToken === '' ? undefined : page.continuationToken;
  } while (token !== undefined);
  options?.signal?.throwIfAborted();
}

/** One page of a listing. */
export async function fetchPage(
  container: Container,
  { prefix, versions }: ListQuery,
  signal: AbortSignal,
  token?: string,
): Promise<ContainerListBlobFlatSegmentResponse> {
  const pages = container.client
    .listBlobsFlat({
      prefix: objectKey(container.prefix, prefix),
      includeMetadata: true,
      ...(versions && { includeVersions: true, includeDeletedWithVersions: true }),
      abortSignal: signal,
    })
    .byPage({ maxPageSize: 1000, ...(token !== undefined && { continuationToken: token }) });
  const { value } = await pages.next();
  return value;
}
