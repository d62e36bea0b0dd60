import type { S3Client } from '@aws-sdk/client-s3';
import { objectKey } from './object-keys.ts';
import type { BlobClassOf } from './s3-storage-classes.ts';
import { serviceCall, type ServiceContext } from './service-call.ts';
import type { ServiceAttempt } from './service-attempt.ts';
import type { WatchedCall } from './stall-limit.ts';
import type { CallOptions } from './storage.ts';

/** A part of a bucket, as requests name it. */
export interface S3Bucket extends ServiceContext {
  readonly client: S3Client;
  readonly name: string;
  readonly prefix: string;
  readonly secure: boolean;
  readonly blobClassOf: BlobClassOf;
}

/** What every request to an object of `bucket` says. */
export function objectOf(bucket: S3Bucket, id: string): { Bucket: string; Key: string } {
  return { Bucket: bucket.name, Key: objectKey(bucket.prefix, id) };
}

/** `serviceCall`, with the options that the SDK's client takes. */
export async function request<T>(
  bucket: S3Bucket,
  attempt: Omit<ServiceAttempt, 'place'>,
  options: CallOptions | undefined,
  run: (call: WatchedCall & { readonly sdk: { readonly abortSignal: AbortSignal } }) => Promise<T>,
): Promise<T> {
  return await serviceCall(bucket, attempt, options, (call) =>
    run({ ...call, sdk: { abortSignal: call.signal } }),
  );
}
