import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { lengthAndTime } from './object-metadata.ts';
import { rangeHeader, readAnswer, readRange } from './ranged-read.ts';
import { objectOf, request, type S3Bucket } from './s3-bucket.ts';
import type { BlobId, BlobMetadata, BlobRange, CallOptions, GetOptions } from './storage.ts';

/** One blob, or a version of it that is no longer the newest. */
export interface S3Object {
  readonly id: BlobId;
  readonly version?: string;
}

/** Reads an object or part of it; the contract is that of `BlobReader.get`. */
export async function getObject(
  bucket: S3Bucket,
  object: S3Object,
  range: BlobRange | undefined,
  options: GetOptions | undefined,
): Promise<Uint8Array> {
  const { id } = object;
  const fetch = (asked: BlobRange | undefined): Promise<Uint8Array> =>
    request(bucket, { verb: 'read', blob: id }, options, async (call) => {
      const names = { ...namesOf(bucket, object), Range: rangeHeader(asked) };
      const answer = await bucket.client.send(new GetObjectCommand(names), call.sdk);
      const body = answer.Body instanceof Readable ? answer.Body : Readable.from([]);
      const { ContentLength: contentLength, ContentRange: contentRange } = answer;
      return await readAnswer(
        { body, contentLength, contentRange },
        { id, range: asked, into: options?.into },
        call,
      );
    });
  const length = async () => (await headObject(bucket, object, options)).length;
  return await readRange({ id, fetch, length }, range);
}

/** Length and time of an object. */
export async function headObject(
  bucket: S3Bucket,
  object: S3Object,
  options: CallOptions | undefined,
): Promise<BlobMetadata> {
  return await request(bucket, { verb: 'look up', blob: object.id }, options, async ({ sdk }) => {
    const command = new HeadObjectCommand(namesOf(bucket, object));
    const { ContentLength, LastModified } = await bucket.client.send(command, sdk);
    return { id: object.id, ...lengthAndTime(ContentLength, LastModified, object.id) };
  });
}

function namesOf(bucket: S3Bucket, { id, version }: S3Object) {
  return { ...objectOf(bucket, id), ...(version !== undefined && { VersionId: version }) };
}
