import type { Bucket, File } from '@google-cloud/storage';
import { objectKey } from './object-keys.ts';
import type { ServiceContext } from './service-call.ts';
import type { BlobId } from './storage.ts';

/** A part of a bucket, as requests name it. */
export interface GcsBucket extends ServiceContext {
  readonly bucket: Bucket;
  readonly prefix: string;
}

/** The SDK's object for one blob. */
export function fileOf(bucket: GcsBucket, id: BlobId): File {
  return bucket.bucket.file(objectKey(bucket.prefix, id));
}
