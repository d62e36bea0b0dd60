import {
  DeleteObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { bodyOfParts, digestParts } from './object-body.ts';
import { totalLength } from './parts.ts';
import { lockingRequest } from './s3-lock.ts';
import { objectOf, request, type S3Bucket } from './s3-bucket.ts';
import { isMissing } from './object-metadata.ts';
import type { BlobClass } from './s3-storage-classes.ts';
import type { BlobId, CallOptions, PutOptions, Retention } from './storage.ts';

/** Stores a blob in one request, whose digest lets the service refuse what was damaged on the way. Parts are sent as they lie. */
export async function putObject(
  bucket: S3Bucket,
  id: BlobId,
  parts: readonly Uint8Array[],
  options: PutOptions | undefined,
): Promise<void> {
  options?.signal?.throwIfAborted();
  // Over TLS the connection protects the body; without it the signature has to.
  const [md5, sha256] = await digestParts(parts, bucket.secure ? ['md5'] : ['md5', 'sha256']);
  const write = () =>
    request(bucket, { verb: 'write', blob: id }, options, async ({ sdk, progress }) => {
      const length = totalLength(parts);
      const command = new PutObjectCommand({
        ...objectOf(bucket, id),
        Body: length === 0 ? '' : bodyOfParts(parts, progress),
        ContentLength: length,
        ContentType: 'application/x-kopia',
        ContentMD5: md5?.toString('base64'),
        ...classOf(bucket.blobClassOf(id)),
        ...lockOf(bucket, options?.retention),
      });
      command.middlewareStack.add(
        (next) => async (args) => {
          headersOf(args.request)['x-amz-content-sha256'] = sha256?.toString('hex') ?? 'UNSIGNED-PAYLOAD';
          return await next(args);
        },
        { step: 'build', name: 'payloadDigest' },
      );
      await bucket.client.send(command, sdk);
    });
  await (options?.retention === undefined ? write() : lockingRequest(bucket, write));
}

/** Deletes a blob; in a versioned bucket it is hidden. A missing one is no error. */
export async function deleteObject(
  bucket: S3Bucket,
  id: BlobId,
  options: CallOptions | undefined,
): Promise<void> {
  try {
    await request(bucket, { verb: 'delete', blob: id }, options, async ({ sdk }) => {
      await bucket.client.send(new DeleteObjectCommand(objectOf(bucket, id)), sdk);
    });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Locks a blob for the period from now on. */
export async function extendLock(
  bucket: S3Bucket,
  id: BlobId,
  retention: Retention,
  options: CallOptions | undefined,
): Promise<void> {
  const lock = () =>
    request(bucket, { verb: 'lock', blob: id }, options, async ({ sdk }) => {
      const until = new Date(bucket.environment.clock.nowMs() + retention.periodMs);
      const command = new PutObjectRetentionCommand({
        ...objectOf(bucket, id),
        Retention: { Mode: retention.mode, RetainUntilDate: until },
      });
      await bucket.client.send(command, sdk);
    });
  await lockingRequest(bucket, lock);
}

function lockOf({ environment }: S3Bucket, retention: Retention | undefined): Partial<PutObjectCommandInput> {
  if (retention === undefined) return {};
  const until = new Date(environment.clock.nowMs() + retention.periodMs);
  return { ObjectLockMode: retention.mode, ObjectLockRetainUntilDate: until };
}

function classOf({ storageClass, sse, sseKmsKeyId }: BlobClass): Partial<PutObjectCommandInput> {
  return {
    // A cast: the SDK's union lists Amazon's classes, other services have their own.
    ...(storageClass !== '' && { StorageClass: storageClass as PutObjectCommandInput['StorageClass'] }),
    ...(sse !== '' && { ServerSideEncryption: sse }),
    ...(sseKmsKeyId !== '' && { SSEKMSKeyId: sseKmsKeyId }),
  };
}

/** The headers of the SDK's request, which its types call unknown. */
function headersOf(sdkRequest: unknown): Record<string, string> {
  // A cast: between serializing and signing it is always its HttpRequest.
  return (sdkRequest as { headers: Record<string, string> }).headers;
}
