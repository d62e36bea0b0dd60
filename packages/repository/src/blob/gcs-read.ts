import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { File } from '@google-cloud/storage';
import { RepositoryError } from '../errors.ts';
import { fileOf, type GcsBucket } from './gcs-bucket.ts';
import { listFiles, metadataOf } from './gcs-list.ts';
import { foreignName } from './object-keys.ts';
import { orAborted } from './or-aborted.ts';
import { readAnswer, readRange } from './ranged-read.ts';
import { serviceCall } from './service-call.ts';
import type {
  BlobId,
  BlobMetadata,
  BlobRange,
  BlobReader,
  CallOptions,
  ForeignFinder,
  GetOptions,
} from './storage.ts';

/** Reads a bucket as it is now. */
export function readerOf(bucket: GcsBucket): BlobReader & ForeignFinder {
  const getMetadata = (id: BlobId, options: CallOptions | undefined): Promise<BlobMetadata> =>
    serviceCall(bucket, { verb: 'look up', blob: id }, options, async ({ signal }) => {
      const [metadata] = await orAborted(fileOf(bucket, id).getMetadata(), signal);
      return metadataOf(id, metadata);
    });
  return {
    description: bucket.place,
    get: (id, range, options) => {
      const length = async () => (await getMetadata(id, options)).length;
      return readFile(bucket, { id, file: fileOf(bucket, id), length }, range, options);
    },
    getMetadata,
    list: (prefix, options) => listFiles(bucket, prefix, options),
    findForeign: (options) =>
      serviceCall(bucket, { verb: 'list' }, options, async ({ signal }) => {
        const query = { prefix: bucket.prefix, maxResults: 1e3, autoPaginate: false };
        const [files] = await orAborted(bucket.bucket.getFiles(query), signal);
        return foreignName(
          bucket.prefix,
          files.map(({ name }) => name),
        );
      }),
  };
}

/** A blob, or a version of one. */
interface GcsFile {
  readonly id: BlobId;
  readonly file: File;
  /** Bytes of the whole. */
  readonly length: () => Promise<number>;
}

/** Reads a blob or part of it; the contract is that of `BlobReader.get`. */
export async function readFile(
  bucket: GcsBucket,
  file: GcsFile,
  range: BlobRange | undefined,
  options: GetOptions | undefined,
): Promise<Uint8Array> {
  const fetch = (asked: BlobRange | undefined) => download(bucket, file, asked, options);
  return await readRange({ id: file.id, fetch, length: file.length }, range);
}

async function download(
  bucket: GcsBucket,
  { id, file }: GcsFile,
  range: BlobRange | undefined,
  options: GetOptions | undefined,
): Promise<Uint8Array> {
  return await serviceCall(bucket, { verb: 'read', blob: id }, options, async (call) => {
    const body = file.createReadStream({
      ...inclusive(range),
      validation: false,
      decompress: false,
    });
    const headers = await answerOf(body, call.signal);
    const contentLength = Number(headers['content-length'] ?? headers['x-goog-stored-content-length']);
    return await readAnswer(
      { body, contentLength, contentRange: headers['content-range'] },
      { id, range, into: options?.into },
      call,
    );
  });
}

/** Starts the request and gives the headers of its answer; throws what the answer says when it is a refusal. */
async function answerOf(body: Readable, signal: AbortSignal): Promise<IncomingHttpHeaders> {
  const answered = once(body, 'response', { signal });
  body.once('response', allowListeners);
  body.read(0);
  const [response]: { statusCode: number; headers: IncomingHttpHeaders }[] = await answered;
  if (response === undefined) throw new RepositoryError('STORAGE_FAILED', 'the storage gave no answer');
  if (response.statusCode < 300) return response.headers;
  await once(body, 'end', { signal });
  throw new RepositoryError('STORAGE_FAILED', `the storage said ${response.statusCode} and no more`);
}

/** The SDK hangs a dozen listeners on what it hands on, and Node would warn the user of a leak. */
function allowListeners({ body }: { readonly body?: Readable }): void {
  body?.setMaxListeners(30);
}

function inclusive(range: BlobRange | undefined): { start?: number; end?: number } {
  if (range === undefined) return {};
  const { offset: start, length } = range;
  return length === undefined ? { start } : { start, end: start + length - 1 };
}
