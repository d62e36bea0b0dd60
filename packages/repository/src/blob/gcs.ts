import { pipeline } from 'node:stream/promises';
import type { Bucket, FileMetadata } from '@google-cloud/storage';
import type { StorageAccess } from './access.ts';
import { checkClockSkew } from './clock-skew.ts';
import { processEnvironment, type StorageEnvironment } from './environment.ts';
import { fileOf, type GcsBucket } from './gcs-bucket.ts';
import { gcsError } from './gcs-errors.ts';
import { setIdentity } from './gcs-identity.ts';
import type { GcsOptions } from './gcs-options.ts';
import { readerOf } from './gcs-read.ts';
import { openGcsPointInTime } from './gcs-versions.ts';
import { bodyOfParts, digestParts } from './object-body.ts';
import { objectKey } from './object-keys.ts';
import { isMissing } from './object-metadata.ts';
import { optionalPackage } from './optional-package.ts';
import { orAborted } from './or-aborted.ts';
import { completeOwnProxies } from './proxy-url.ts';
import { withReadOnly } from './read-only.ts';
import { openingCall, serviceCall } from './service-call.ts';
import { trustSystemAuthorities } from './trust.ts';
import type { BlobId, BlobStorage, PutOptions, Retention, RetentionExtender } from './storage.ts';

/** Blobs as objects of a Google Cloud Storage bucket, laid out as kopia does: the prefix, then the blob's name.
 *  Opening throws STORAGE_NOT_FOUND for a missing bucket, STORAGE_DENIED, CLOCK_SKEW, STORAGE_UNSUPPORTED for a
 *  point in time of a bucket without versions. STORAGE_EMULATOR_HOST is honoured.
 *  Source: kopia repo/blob/gcs. */
export async function createGcsStorage(
  options: GcsOptions,
  access: StorageAccess,
  environment: StorageEnvironment = processEnvironment,
): Promise<BlobStorage & Partial<RetentionExtender>> {
  const bucket: GcsBucket = {
    bucket: await createBucket(options, environment),
    prefix: options.prefix,
    place: `Google bucket ${options.bucket}/${options.prefix}`,
    environment,
    errorOf: gcsError,
  };
  const date = await openingCall(bucket, () =>
    serviceCall(bucket, { verb: 'open' }, undefined, ({ signal }) => dateOfListing(bucket, signal)),
  );
  const storage = { ...readerOf(bucket), ...writerOf(bucket), close: () => Promise.resolve() };
  if (options.pointInTimeMs !== undefined)
    return withReadOnly({ ...storage, ...(await openGcsPointInTime(bucket, options.pointInTimeMs)) });
  if (access !== 'read-only') checkClockSkew(date, environment.clock);
  return access === 'read-only' || options.readOnly ? withReadOnly(storage) : storage;
}

/** Listing what is not there shows whether the bucket is, and by its Date header at what time. */
async function dateOfListing(
  { bucket, prefix }: GcsBucket,
  signal: AbortSignal,
): Promise<string | undefined> {
  const qs = { prefix: objectKey(prefix, 'holdfast-opens-'), delimiter: '/', maxResults: 1 };
  const [, response] = await orAborted(bucket.request({ uri: '/o', qs }), signal);
  return response.headers['date'];
}

const GOOGLE = 'storage.googleapis.com';

async function createBucket(options: GcsOptions, { env }: StorageEnvironment): Promise<Bucket> {
  const { Storage } = await optionalPackage('@google-cloud/storage', () => import('@google-cloud/storage'));
  const emulator = env['STORAGE_EMULATOR_HOST'] ?? '';
  completeOwnProxies(emulator.includes('://') ? emulator : `https://${emulator || GOOGLE}`);
  if (!emulator.startsWith('http:')) trustSystemAuthorities();
  const access = options.readOnly ? 'read_only' : 'full_control';
  const storage = new Storage({
    ...(emulator !== '' && { apiEndpoint: emulator, projectId: 'emulator' }),
    scopes: [`https://www.googleapis.com/auth/devstorage.${access}`],
    retryOptions: { autoRetry: false, maxRetries: 0 },
  });
  if (emulator === '') await setIdentity(storage, options, env);
  // The SDK takes the variable as well, and forgets the path.
  if (emulator !== '') storage.baseUrl = `${storage.apiEndpoint}/storage/v1`;
  return storage.bucket(options.bucket);
}

function writerOf(bucket: GcsBucket): Pick<BlobStorage, 'put' | 'delete'> & RetentionExtender {
  return {
    put: (id, parts, options) => upload(bucket, id, parts, options),
    async delete(id, options) {
      try {
        await serviceCall(bucket, { verb: 'delete', blob: id }, options, ({ signal }) =>
          orAborted(fileOf(bucket, id).delete(), signal),
        );
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
    extendRetention: (id, retention, options) =>
      serviceCall(bucket, { verb: 'lock', blob: id }, options, async ({ signal }) => {
        await orAborted(fileOf(bucket, id).setMetadata(lockOf(bucket, retention)), signal);
      }),
  };
}

async function upload(
  bucket: GcsBucket,
  id: BlobId,
  parts: readonly Uint8Array[],
  options: PutOptions | undefined,
): Promise<void> {
  options?.signal?.throwIfAborted();
  const [md5] = await digestParts(parts, ['md5']);
  const retention = options?.retention;
  await serviceCall(bucket, { verb: 'write', blob: id }, options, async ({ signal, progress }) => {
    const metadata: FileMetadata = {
      contentType: 'application/x-kopia',
      ...(md5 !== undefined && { md5Hash: md5.toString('base64') }),
      ...(retention !== undefined && lockOf(bucket, retention)),
    };
    const target = fileOf(bucket, id).createWriteStream({ resumable: false, validation: false, metadata });
    await pipeline(bodyOfParts(parts, progress), target, { signal });
  });
}

/** kopia locks for good whatever the mode. */
function lockOf({ environment }: GcsBucket, { periodMs }: Retention): Pick<FileMetadata, 'retention'> {
  const until = Math.trunc((environment.clock.nowMs() + periodMs) / 1000) * 1000;
  return { retention: { mode: 'Locked', retainUntilTime: new Date(until).toISOString() } };
}
