import {
  GetBucketVersioningCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3';
import { RepositoryError } from '../errors.ts';
import { blobOfKey, objectKey } from './object-keys.ts';
import { retryTransient } from './retry.ts';
import { request, type S3Bucket } from './s3-bucket.ts';
import { lengthAndTime } from './object-metadata.ts';
import { getObject } from './s3-read.ts';
import { STORAGE_CLASSES_NAME } from './s3-storage-classes.ts';
import type { BlobId, BlobMetadata, BlobReader, CallOptions } from './storage.ts';
import { type BlobVersion, versionAt, versionsByBlob } from './versions.ts';

/** Reads a versioned bucket as it was at `timeMs`. Throws STORAGE_UNSUPPORTED when it keeps no versions.
 *  Source: kopia repo/blob/s3/s3_pit.go. */
export async function openS3PointInTime(bucket: S3Bucket, timeMs: number): Promise<BlobReader> {
  await requireVersions(bucket);
  const find = async (id: BlobId, options: CallOptions | undefined): Promise<BlobVersion> => {
    for await (const versions of versionsByBlob(listVersions(bucket, id, options))) {
      if (versions[0]?.id !== id) continue;
      const version = versionAt(versions, timeMs);
      if (version !== undefined) return version;
      break;
    }
    const message = `there was no blob ${id} in ${bucket.place} at that time`;
    throw new RepositoryError('BLOB_NOT_FOUND', message, { blob: id });
  };
  return {
    description: `${bucket.place} as of ${new Date(timeMs).toISOString()}`,
    get: async (id, range, options) => await getObject(bucket, await find(id, options), range, options),
    getMetadata: async (id, options) => metadataOf(await find(id, options)),
    async *list(prefix, options) {
      for await (const versions of versionsByBlob(listVersions(bucket, prefix, options))) {
        const version = versionAt(versions, timeMs);
        if (version !== undefined) yield metadataOf(version);
      }
    },
  };
}

function metadataOf({ id, length, timestampMs }: BlobVersion): BlobMetadata {
  return { id, length, timestampMs };
}

async function requireVersions(bucket: S3Bucket): Promise<void> {
  const { Status } = await request(bucket, { verb: 'open' }, undefined, ({ sdk }) =>
    bucket.client.send(new GetBucketVersioningCommand({ Bucket: bucket.name }), sdk),
  );
  if (Status === 'Enabled') return;
  const message = `${bucket.place} keeps no versions, so it cannot be shown as of an earlier time`;
  throw new RepositoryError('STORAGE_UNSUPPORTED', message);
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
      const named = { id, version: version.VersionId ?? 'null', isDeletion };
      return [{ ...named, ...lengthAndTime(version.Size, version.LastModified, id) }];
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
