import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Bucket, File, FileMetadata } from '@google-cloud/storage';
import { RepositoryError } from '../errors.ts';
import type { StorageAccess } from './access.ts';
import { checkClockSkew } from './clock-skew.ts';
import { processEnvironment, type StorageEnvironment } from './environment.ts';
import { gcsError } from './gcs-errors.ts';
import type { GcsOptions } from './gcs-options.ts';
import { bodyOfParts, digestParts } from './object-body.ts';
import { blobOfKey, foreignName, objectKey } from './object-keys.ts';
import { isMissing, keptTime, lengthAndTime } from './object-metadata.ts';
import { optionalPackage } from './optional-package.ts';
import { readAnswer, readRange } from './ranged-read.ts';
import { withReadOnly } from './read-only.ts';
import { retryTransient } from './retry.ts';
import { openingCall, serviceCall, type ServiceContext } from './service-call.ts';
import type {
  BlobId,
  BlobMetadata,
  BlobRange,
  BlobReader,
  BlobStorage,
  CallOptions,
  ForeignFinder,
  GetOptions,
  PutOptions,
} from './storage.ts';
import type { Retention, RetentionExtender } from './storage.ts';

/** A part of a bucket, as requests name it. */
interface GcsBucket extends ServiceContext {
  readonly bucket: Bucket;
  readonly prefix: string;
}

/** Blobs as objects of a Google Cloud Storage bucket, laid out as kopia does: the prefix, then the blob's name.
 *  Opening throws STORAGE_NOT_FOUND for a missing bucket, STORAGE_DENIED, CLOCK_SKEW. STORAGE_EMULATOR_HOST is honoured.
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
  if (access !== 'read-only') checkClockSkew(date, environment.clock);
  const storage = { ...readerOf(bucket), ...writerOf(bucket), close: () => Promise.resolve() };
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

async function createBucket(options: GcsOptions, { env }: StorageEnvironment): Promise<Bucket> {
  const { Storage } = await optionalPackage('@google-cloud/storage', () => import('@google-cloud/storage'));
  const emulator = env['STORAGE_EMULATOR_HOST'] ?? '';
  const access = options.readOnly ? 'read_only' : 'full_control';
  const storage = new Storage({
    ...(emulator !== '' && { apiEndpoint: emulator, projectId: 'emulator' }),
    ...(options.credentials !== undefined && { credentials: options.credentials }),
    ...(options.credentialsFile !== '' && { keyFilename: options.credentialsFile }),
    scopes: [`https://www.googleapis.com/auth/devstorage.${access}`],
    retryOptions: { autoRetry: false, maxRetries: 0 },
  });
  // The SDK takes the variable as well, and forgets the path.
  if (emulator !== '') storage.baseUrl = `${storage.apiEndpoint}/storage/v1`;
  return storage.bucket(options.bucket);
}

function readerOf(bucket: GcsBucket): BlobReader & ForeignFinder {
  const getMetadata = (id: BlobId, options: CallOptions | undefined): Promise<BlobMetadata> =>
    serviceCall(bucket, { verb: 'look up', blob: id }, options, async ({ signal }) => {
      const [metadata] = await orAborted(fileOf(bucket, id).getMetadata(), signal);
      return metadataOf(id, metadata);
    });
  return {
    description: bucket.place,
    get: (id, range, options) => {
      const fetch = (asked: BlobRange | undefined) => download(bucket, id, asked, options);
      return readRange({ id, fetch, length: async () => (await getMetadata(id, options)).length }, range);
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

async function download(
  bucket: GcsBucket,
  id: BlobId,
  range: BlobRange | undefined,
  options: GetOptions | undefined,
): Promise<Uint8Array> {
  return await serviceCall(bucket, { verb: 'read', blob: id }, options, async (call) => {
    const body = fileOf(bucket, id).createReadStream({
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
  body.read(0);
  const [response]: { statusCode: number; headers: IncomingHttpHeaders }[] = await answered;
  if (response === undefined) throw new RepositoryError('STORAGE_FAILED', 'the storage gave no answer');
  if (response.statusCode < 300) return response.headers;
  await once(body, 'end', { signal });
  throw new RepositoryError('STORAGE_FAILED', `the storage said ${response.statusCode} and no more`);
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

async function* listFiles(
  bucket: GcsBucket,
  prefix: string,
  options: CallOptions | undefined,
): AsyncGenerator<BlobMetadata> {
  let token: string | undefined;
  do {
    const fetch = () =>
      serviceCall(bucket, { verb: 'list' }, options, ({ signal }) =>
        fetchPage(bucket, prefix, signal, token),
      );
    const page = await retryTransient(fetch, bucket.environment, options?.signal);
    for (const { name, metadata } of page.files) {
      options?.signal?.throwIfAborted();
      const id = blobOfKey(bucket.prefix, name);
      if (id !== undefined) yield metadataOf(id, metadata);
    }
    token = page.nextToken;
  } while (token !== undefined);
  options?.signal?.throwIfAborted();
}

async function fetchPage(
  bucket: GcsBucket,
  prefix: string,
  signal: AbortSignal,
  token?: string,
): Promise<{ files: readonly File[]; nextToken: string | undefined }> {
  const query = {
    prefix: objectKey(bucket.prefix, prefix),
    delimiter: '/',
    maxResults: 1e3,
    autoPaginate: false,
    ...(token !== undefined && { pageToken: token }),
  };
  const [files, next] = await orAborted(bucket.bucket.getFiles(query), signal);
  const nextToken: unknown = next === null ? undefined : { ...next }['pageToken'];
  return { files, nextToken: typeof nextToken === 'string' && nextToken !== '' ? nextToken : undefined };
}

function metadataOf(id: BlobId, { size, timeCreated, metadata }: FileMetadata): BlobMetadata {
  const created = timeCreated === undefined ? undefined : new Date(timeCreated);
  return { id, ...lengthAndTime(Number(size ?? 0), keptTime(metadata?.['Kopia-Mtime']) ?? created, id) };
}

function inclusive(range: BlobRange | undefined): { start?: number; end?: number } {
  if (range === undefined) return {};
  const { offset: start, length } = range;
  return length === undefined ? { start } : { start, end: start + length - 1 };
}

function fileOf(bucket: GcsBucket, id: BlobId): File {
  return bucket.bucket.file(objectKey(bucket.prefix, id));
}

/** The SDK's requests can't be called back: they are left alone when the signal comes. */
async function orAborted<T>(request: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([request, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
