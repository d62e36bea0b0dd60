import {
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3';
import { blobOfKey, objectKey } from './object-keys.ts';
import { retryTransient } from './retry.ts';
import { objectOf, request, type S3Bucket } from './s3-bucket.ts';
import { lengthAndTime } from './object-metadata.ts';
import { getObject } from './s3-read.ts';
import { STORAGE_CLASSES_NAME } from './s3-storage-classes.ts';
import type { BlobId, BlobReader, CallOptions } from './storage.ts';
import { type BlobVersion, keepsNoVersions, pointInTimeReader } from './versions.ts';

/** Reads a versioned bucket as it was at `timeMs`. Throws STORAGE_UNSUPPORTED when it keeps no versions.
 *  Source: kopia repo/blob/s3/s3_pit.go. */
export async function openS3PointInTime(bucket: S3Bucket, timeMs: number): Promise<BlobReader> {
  await requireVersions(bucket);
  return pointInTimeReader(
    {
      place: bucket.place,
      listVersions: (prefix, options) => listVersions(bucket, prefix, options),
      newestFirst: (versions) => versions,
      get: (version, range, options) => getObject(bucket, version, range, options),
    },
    timeMs,
  );
}

/** Deletes every version of a blob for good, and what marks it as deleted. */
export async function eraseVersions(
  bucket: S3Bucket,
  id: BlobId,
  options: CallOptions | undefined,
): Promise<void> {
  for await (const version of listVersions(bucket, id, options)) {
    if (version.id !== id) continue;
    const command = new DeleteObjectCommand({ ...objectOf(bucket, id), VersionId: version.version });
    await request(bucket, { verb: 'delete', blob: id }, options, async ({ sdk }) => {
      await bucket.client.send(command, sdk);
    });
  }
}

async function requireVersions(bucket: S3Bucket): Promise<void> {
  const { Status } = await request(bucket, { verb: 'open' }, undefined, ({ sdk }) =>
    bucket.client.send(new GetBucketVersioningCommand({ Bucket: bucket.name }), sdk),
  );
  if (Status !== 'Enabled') throw keepsNoVersions(bucket.place);
}

/** Every version of the blobs that start with `prefix`, blob after blob, each newest first. */
async function* listVersions(
  bucket: S3Bucket,
  prefix: string,
  options: CallOptions | undefined,
): AsyncGenerator<BlobVersion> {
  let next: Pick<ListObjectVersionsCommandOutput, 'NextKeyMarker' | 'NextVersionIdMarker'> | undefined = {};
  while (next !== undefined) {
    const page: ListObjectVersionsCommandOutput = await fetchVersions(bucket, prefix, next, options);
    options?.signal?.throwIfAborted();
    yield* versionsOf(bucket, page);
    next = page.IsTruncated === true ? page : undefined;
  }
}

async function fetchVersions(
  bucket: S3Bucket,
  prefix: string,
  {
    NextKeyMarker,
    NextVersionIdMarker,
  }: { NextKeyMarker?: string | undefined; NextVersionIdMarker?: string | undefined },
  options: CallOptions | undefined,
): Promise<ListObjectVersionsCommandOutput> {
  const command = new ListObjectVersionsCommand({
    Bucket: bucket.name,
    Prefix: objectKey(bucket.prefix, prefix),
    Delimiter: '/',
    ...(NextKeyMarker !== undefined && { KeyMarker: NextKeyMarker }),
    ...(NextVersionIdMarker !== undefined && { VersionIdMarker: NextVersionIdMarker }),
  });
  const fetch = () =>
    request(bucket, { verb: 'list' }, options, ({ sdk }) => bucket.client.send(command, sdk));
  return await retryTransient(fetch, bucket.environment, options?.signal);
}

/** The service mixes versions and marks of deletion; the SDK gives them apart, so they are put in order again. */
function versionsOf(bucket: S3Bucket, page: ListObjectVersionsCommandOutput): BlobVersion[] {
  const versions = [
    ...(page.Versions ?? []),
    ...(page.DeleteMarkers ?? []).map((marker) => ({ ...marker, Size: 0, isDeletion: true })),
  ];
  return versions
    .sort((a, b) => compareText(a.Key, b.Key) || newestFirst(a, b))
    .flatMap((version) => {
      const id = blobOfKey(bucket.prefix, version.Key);
      if (id === undefined || id === STORAGE_CLASSES_NAME) return [];
      const isDeletion = 'isDeletion' in version;
      const { VersionId = 'null', LastModified } = version;
      const named = { id, version: VersionId, isDeletion, sinceMs: LastModified?.getTime() ?? 0 };
      return [{ ...named, ...lengthAndTime(version.Size, LastModified, id) }];
    });
}

interface Stamped {
  readonly LastModified?: Date | undefined;
  readonly IsLatest?: boolean | undefined;
}

function newestFirst(a: Stamped, b: Stamped): number {
  if (a.IsLatest !== b.IsLatest) return a.IsLatest === true ? -1 : 1;
  return (b.LastModified?.getTime() ?? 0) - (a.LastModified?.getTime() ?? 0);
}

function compareText(a: string | undefined, b: string | undefined): number {
  return Buffer.compare(Buffer.from(a ?? ''), Buffer.from(b ?? ''));
}
