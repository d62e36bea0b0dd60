import { Readable } from 'node:stream';
import type { BlobClient } from '@azure/storage-blob';
import { blobOf, type Container } from './azure-container.ts';
import { fetchPage, listBlobs } from './azure-list.ts';
import { foreignName } from './object-keys.ts';
import { keptTime, lengthAndTime } from './object-metadata.ts';
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

/** Reads a container as it is now. */
export function readerOf(container: Container): BlobReader & ForeignFinder {
  const getMetadata = (id: BlobId, options: CallOptions | undefined): Promise<BlobMetadata> =>
    serviceCall(container, { verb: 'look up', blob: id }, options, async ({ signal }) => {
      const { contentLength, lastModified, metadata } = await blobOf(container, id).getProperties({
        abortSignal: signal,
      });
      return { id, ...lengthAndTime(contentLength, keptTime(metadata?.['kopiamtime']) ?? lastModified, id) };
    });
  return {
    description: container.place,
    get: (id, range, options) => {
      const length = async () => (await getMetadata(id, options)).length;
      return readBlob(container, { id, client: blobOf(container, id), length }, range, options);
    },
    getMetadata,
    list: (prefix, options) => listBlobs(container, prefix, options),
    findForeign: (options) =>
      serviceCall(container, { verb: 'list' }, options, async ({ signal }) => {
        const { segment } = await fetchPage(container, { prefix: '' }, signal);
        return foreignName(
          container.prefix,
          segment.blobItems.map(({ name }) => name),
        );
      }),
  };
}

/** A blob, or a version of one. */
interface AzureBlob {
  readonly id: BlobId;
  readonly client: BlobClient;
  /** Bytes of the whole. */
  readonly length: () => Promise<number>;
}

/** Reads a blob or part of it; the contract is that of `BlobReader.get`. */
export async function readBlob(
  container: Container,
  blob: AzureBlob,
  range: BlobRange | undefined,
  options: GetOptions | undefined,
): Promise<Uint8Array> {
  const fetch = (asked: BlobRange | undefined) => download(container, blob, asked, options);
  return await readRange({ id: blob.id, fetch, length: blob.length }, range);
}

async function download(
  container: Container,
  { id, client }: AzureBlob,
  range: BlobRange | undefined,
  options: GetOptions | undefined,
): Promise<Uint8Array> {
  return await serviceCall(container, { verb: 'read', blob: id }, options, async (call) => {
    const answer = await client.download(range?.offset ?? 0, range?.length, {
      abortSignal: call.signal,
      // What was cut off is asked for again as a whole, by the wrapper that retries.
      maxRetryRequests: 0,
    });
    const body =
      answer.readableStreamBody instanceof Readable ? answer.readableStreamBody : Readable.from([]);
    const { contentLength, contentRange } = answer;
    return await readAnswer({ body, contentLength, contentRange }, { id, range, into: options?.into }, call);
  });
}
