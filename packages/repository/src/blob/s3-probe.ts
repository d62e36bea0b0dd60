import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { readBody } from './object-body.ts';
import { parseBlobId } from './blob-id.ts';
import { objectOf, request, type S3Bucket } from './s3-bucket.ts';
import { isMissing } from './object-metadata.ts';
import {
  type BlobClassOf,
  BUCKETS_OWN,
  decodeStorageClasses,
  STORAGE_CLASSES_NAME,
} from './s3-storage-classes.ts';
import { openingCall } from './service-call.ts';
import type { WatchedCall } from './stall-limit.ts';

/** What a bucket tells about itself. */
export interface S3Probe {
  readonly blobClassOf: BlobClassOf;
  /** Date header of the answer. */
  readonly date?: string;
  /** The region it is in, when it had to say so: nothing else of the answer counts then. */
  readonly region?: string;
}

/** Asks for the storage classes. With `regionIsKnown`, a bucket in another region is an error like any other. */
export async function probeBucket(bucket: S3Bucket, regionIsKnown: boolean): Promise<S3Probe> {
  const seen: Record<string, string | undefined> = {};
  try {
    const bytes = await openingCall(bucket, () => fetchClasses(bucket, seen));
    return { blobClassOf: decodeStorageClasses(bytes), ...dateOf(seen) };
  } catch (error) {
    if (isMissing(error)) return { blobClassOf: decodeStorageClasses(undefined), ...dateOf(seen) };
    const region = seen['x-amz-bucket-region'];
    if (region === undefined || regionIsKnown) throw error;
    return { blobClassOf: () => BUCKETS_OWN, region };
  }
}

async function fetchClasses(bucket: S3Bucket, seen: Record<string, string | undefined>): Promise<Uint8Array> {
  const id = parseBlobId(STORAGE_CLASSES_NAME);
  const command = new GetObjectCommand(objectOf(bucket, id));
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      // A cast: nearest to the wire this is the SDK's HttpResponse, which its types call unknown.
      Object.assign(seen, (result.response as { headers: Record<string, string> }).headers);
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'seeHeaders' },
  );
  return await request(bucket, { verb: 'open', blob: id }, undefined, async (call) => {
    try {
      const { Body, ContentLength } = await bucket.client.send(command, call.sdk);
      return await bodyOf(Body, { id, length: ContentLength ?? 0 }, call);
    } catch (error) {
      if (error instanceof Error && 'Region' in error) seen['x-amz-bucket-region'] ??= String(error.Region);
      throw error;
    }
  });
}

async function bodyOf(
  body: unknown,
  expected: Parameters<typeof readBody>[1],
  call: WatchedCall,
): Promise<Uint8Array> {
  return body instanceof Readable ? await readBody(body, expected, call) : new Uint8Array();
}

function dateOf({ date }: Readonly<Record<string, string | undefined>>): { date?: string } {
  return date === undefined ? {} : { date };
}
