import type { File, FileMetadata } from '@google-cloud/storage';
import type { GcsBucket } from './gcs-bucket.ts';
import { blobOfKey, objectKey } from './object-keys.ts';
import { keptTime, lengthAndTime } from './object-metadata.ts';
import { orAborted } from './or-aborted.ts';
import { retryTransient } from './retry.ts';
import { serviceCall } from './service-call.ts';
import type { BlobId, BlobMetadata, CallOptions } from './storage.ts';

/** Blobs page by page, each page tried again by itself. */
export async function* listFiles(
  bucket: GcsBucket,
  prefix: string,
  options: CallOptions | undefined,
): AsyncGenerator<BlobMetadata> {
  for await (const { id, metadata } of listItems(bucket, { prefix }, options)) yield metadataOf(id, metadata);
}

/** What is to be listed. */
export interface ListQuery {
  readonly prefix: string;
  /** Old versions too. */
  readonly versions?: true;
}

/** What the service says of each blob, or each version of it, oldest first. */
export async function* listItems(
  bucket: GcsBucket,
  query: ListQuery,
  options: CallOptions | undefined,
): AsyncGenerator<{ readonly id: BlobId; readonly metadata: FileMetadata }> {
  let token: string | undefined;
  do {
    const fetch = () =>
      serviceCall(bucket, { verb: 'list' }, options, ({ signal }) => fetchPage(bucket, query, signal, token));
    const page = await retryTransient(fetch, bucket.environment, options?.signal);
    for (const { name, metadata } of page.files) {
      options?.signal?.throwIfAborted();
      const id = blobOfKey(bucket.prefix, name);
      if (id !== undefined) yield { id, metadata };
    }
    token = page.nextToken;
  } while (token !== undefined);
  options?.signal?.throwIfAborted();
}

async function fetchPage(
  bucket: GcsBucket,
  { prefix, versions }: ListQuery,
  signal: AbortSignal,
  token?: string,
): Promise<{ files: readonly File[]; nextToken: string | undefined }> {
  const query = {
    prefix: objectKey(bucket.prefix, prefix),
    delimiter: '/',
    maxResults: 1e3,
    autoPaginate: false,
    ...(versions && { versions }),
    ...(token !== undefined && { pageToken: token }),
  };
  const [files, next] = await orAborted(bucket.bucket.getFiles(query), signal);
  const nextToken: unknown = next === null ? undefined : { ...next }['pageToken'];
  return { files, nextToken: typeof nextToken === 'string' && nextToken !== '' ? nextToken : undefined };
}

/** Length and time of a blob. */
export function metadataOf(id: BlobId, { size, timeCreated, metadata }: FileMetadata): BlobMetadata {
  const created = timeCreated === undefined ? undefined : new Date(timeCreated);
  return { id, ...lengthAndTime(Number(size ?? 0), keptTime(metadata?.['Kopia-Mtime']) ?? created, id) };
}
