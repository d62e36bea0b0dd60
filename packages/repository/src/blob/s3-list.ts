import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { blobOfKey, foreignName, objectKey } from './object-keys.ts';
import { retryTransient } from './retry.ts';
import { request, type S3Bucket } from './s3-bucket.ts';
import { lengthAndTime } from './object-metadata.ts';
import { STORAGE_CLASSES_NAME } from './s3-storage-classes.ts';
import type { BlobMetadata, CallOptions } from './storage.ts';

/** Blobs page by page; keys with a slash after the prefix belong to others and are passed over by the service.
 *  Each page is tried again by itself: a listing of a million blobs has a thousand, and could not begin anew. */
export async function* listObjects(
  bucket: S3Bucket,
  prefix: string,
  options: CallOptions | undefined,
): AsyncGenerator<BlobMetadata> {
  let token: string | undefined;
  do {
    const page = await fetchPage(bucket, prefix, token, options);
    for (const { Key, Size, LastModified } of page.Contents ?? []) {
      options?.signal?.throwIfAborted();
      const id = blobOfKey(bucket.prefix, Key);
      if (id === undefined || id === STORAGE_CLASSES_NAME) continue;
      yield { id, ...lengthAndTime(Size, LastModified, id) };
    }
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  options?.signal?.throwIfAborted();
}

/** What lies below the prefix and is no blob. */
export async function findForeignObject(
  bucket: S3Bucket,
  options: CallOptions | undefined,
): Promise<string | undefined> {
  const command = new ListObjectsV2Command({ Bucket: bucket.name, Prefix: bucket.prefix });
  const { Contents = [] } = await request(bucket, { verb: 'list' }, options, ({ sdk }) =>
    bucket.client.send(command, sdk),
  );
  return foreignName(
    bucket.prefix,
    Contents.map(({ Key }) => Key),
  );
}

async function fetchPage(
  bucket: S3Bucket,
  prefix: string,
  token: string | undefined,
  options: CallOptions | undefined,
): Promise<ListObjectsV2CommandOutput> {
  const command = new ListObjectsV2Command({
    Bucket: bucket.name,
    Prefix: objectKey(bucket.prefix, prefix),
    Delimiter: '/',
    ...(token !== undefined && { ContinuationToken: token }),
  });
  const fetch = () =>
    request(bucket, { verb: 'list' }, options, ({ sdk }) => bucket.client.send(command, sdk));
  return await retryTransient(fetch, bucket.environment, options?.signal);
}
