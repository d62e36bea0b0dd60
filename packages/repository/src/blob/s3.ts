import type { StorageAccess } from './access.ts';
import { checkClockSkew } from './clock-skew.ts';
import { type StorageEnvironment, processEnvironment } from './environment.ts';
import { withReadOnly } from './read-only.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { createS3Client } from './s3-client.ts';
import { planEndpoint } from './s3-endpoint.ts';
import { s3Error } from './s3-errors.ts';
import { findForeignObject, listObjects } from './s3-list.ts';
import type { S3Options } from './s3-options.ts';
import { probeBucket } from './s3-probe.ts';
import { getObject, headObject } from './s3-read.ts';
import { eraseVersions, openS3PointInTime } from './s3-versions.ts';
import { BUCKETS_OWN } from './s3-storage-classes.ts';
import { deleteObject, extendLock, putObject } from './s3-write.ts';
import type { BlobStorage, ForeignFinder, RetentionExtender, VersionEraser } from './storage.ts';

/** Blobs as objects of an S3 bucket, laid out as kopia does: the prefix, then the blob's name.
 *  Opening asks for one object; it throws STORAGE_NOT_FOUND for a missing bucket, STORAGE_DENIED, STORAGE_UNTRUSTED, CLOCK_SKEW
 *  (more than 5 minutes, unless it is only read), STORAGE_UNSUPPORTED for a point in time of a bucket without versions.
 *  Source: kopia repo/blob/s3. */
export async function createS3Storage(
  options: S3Options,
  access: StorageAccess,
  environment: StorageEnvironment = processEnvironment,
): Promise<BlobStorage & Partial<RetentionExtender>> {
  if (options.doNotVerifyTLS) warnOfSkippedVerification(options.endpoint, environment);
  const bucket = await openBucket(options, access, environment);
  if (options.pointInTimeMs === undefined) {
    const storage = storageOf(bucket);
    return access === 'read-only' ? withReadOnly(storage) : storage;
  }
  try {
    const reader = await openS3PointInTime(bucket, options.pointInTimeMs);
    return withReadOnly({ ...storageOf(bucket), ...reader });
  } catch (error) {
    bucket.client.destroy();
    throw error;
  }
}

const unverified = new Set<string>();

/** Once in this process, however often the storage is opened. */
function warnOfSkippedVerification(endpoint: string, { warn }: StorageEnvironment): void {
  if (unverified.has(endpoint)) return;
  unverified.add(endpoint);
  warn(`the certificate of ${endpoint} is not verified`);
}

function storageOf(bucket: S3Bucket): BlobStorage & RetentionExtender & ForeignFinder & VersionEraser {
  return {
    description: bucket.place,
    get: (id, range, options) => getObject(bucket, { id }, range, options),
    getMetadata: (id, options) => headObject(bucket, { id }, options),
    list: (prefix, options) => listObjects(bucket, prefix, options),
    put: (id, parts, options) => putObject(bucket, id, parts, options),
    delete: (id, options) => deleteObject(bucket, id, options),
    extendRetention: (id, retention, options) => extendLock(bucket, id, retention, options),
    eraseVersions: (id, options) => eraseVersions(bucket, id, options),
    findForeign: (options) => findForeignObject(bucket, options),
    close: () => Promise.resolve(bucket.client.destroy()),
  };
}

/** Asks the bucket for its storage classes, which shows as well whether it is there, in which region, and at what time. */
async function openBucket(
  options: S3Options,
  access: StorageAccess,
  environment: StorageEnvironment,
): Promise<S3Bucket> {
  const endpoint = planEndpoint(options);
  const bucket: S3Bucket = {
    client: await createS3Client(options, endpoint, environment),
    name: options.bucket,
    prefix: options.prefix,
    place: `S3 bucket ${options.bucket}/${options.prefix} at ${options.endpoint}`,
    secure: !options.doNotUseTLS,
    blobClassOf: () => BUCKETS_OWN,
    environment,
    errorOf: s3Error,
  };
  try {
    const { region, date, blobClassOf } = await probeBucket(bucket, endpoint.regionIsKnown);
    if (region === undefined) {
      if (access !== 'read-only') checkClockSkew(date, environment.clock);
      return { ...bucket, blobClassOf };
    }
    bucket.client.destroy();
    return await openBucket({ ...options, region }, access, environment);
  } catch (error) {
    bucket.client.destroy();
    throw error;
  }
}
