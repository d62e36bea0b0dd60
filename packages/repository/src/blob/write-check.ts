import { randomBytes } from 'node:crypto';
import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import { parseBlobId } from './blob-id.ts';
import { totalLength } from './parts.ts';
import { eraserOf, foreignOf, retentionOf } from './powers.ts';
import type { BlobId, BlobStorage, CallOptions } from './storage.ts';

/** `inner`, where every blob is looked up after it was written, for one cheap request more: what a service took and didn't keep is
 *  STORAGE_FAILED, so that whoever writes next, an index or a manifest, can rely on it. The first blob that isn't empty is read as
 *  well: some services keep the framing of a request as if it were the body, and say nothing. That is STORAGE_UNSUPPORTED. */
export function withWriteCheck(inner: BlobStorage): BlobStorage {
  let isTrusted = false;
  return {
    description: inner.description,
    get: (id, range, options) => inner.get(id, range, options),
    getMetadata: (id, options) => inner.getMetadata(id, options),
    list: (prefix, options) => inner.list(prefix, options),
    async put(id, parts, options) {
      const call = options?.signal === undefined ? {} : { signal: options.signal };
      const putAndMeasure = async (): Promise<number> => {
        await inner.put(id, parts, options);
        return await lengthOf(inner, id, call);
      };
      let length = await putAndMeasure();
      if (isTrusted && length !== totalLength(parts)) length = await putAndMeasure();
      if (totalLength(parts) === 0 || (isTrusted && length === totalLength(parts))) return;
      if (!(await isKept(inner, { id, length }, parts, call)))
        await checkWithOwnBlob(inner, startOf(parts), call);
      isTrusted = true;
    },
    delete: (id, options) => inner.delete(id, options),
    close: () => inner.close(),
    ...eraserOf(inner, (run) => run()),
    ...retentionOf(inner, (run) => run()),
    ...foreignOf(inner, (run) => run()),
  };
}

/** Framing changes the length, and the start. */
const START_BYTES = 4096;

async function isKept(
  storage: BlobStorage,
  { id, length }: { readonly id: BlobId; readonly length: number },
  parts: readonly Uint8Array[],
  call: CallOptions,
): Promise<boolean> {
  const start = startOf(parts);
  if (length !== totalLength(parts)) return false;
  return Buffer.compare(await storage.get(id, { offset: 0, length: start.length }, call), start) === 0;
}

async function lengthOf(storage: BlobStorage, id: BlobId, call: CallOptions): Promise<number> {
  try {
    return (await storage.getMetadata(id, call)).length;
  } catch (error) {
    if (repositoryErrorCode(error) !== 'BLOB_NOT_FOUND') throw error;
    const message = `the storage took blob ${id} and does not have it`;
    throw new RepositoryError('STORAGE_FAILED', message, { blob: id }, error);
  }
}

/** Somebody else may have replaced the blob at once, maybe twice. A blob that nobody else can know decides. */
async function checkWithOwnBlob(storage: BlobStorage, body: Uint8Array, call: CallOptions): Promise<void> {
  const id = parseBlobId(`z${randomBytes(16).toString('hex')}`);
  await storage.put(id, [body], call);
  const length = await lengthOf(storage, id, call);
  const kept = await isKept(storage, { id, length }, [body], call);
  await storage.delete(id, call);
  if (kept) return;
  const message = `${storage.description} does not keep what it is given: nothing that is written there could be read again`;
  throw new RepositoryError('STORAGE_UNSUPPORTED', message, { blob: id });
}

function startOf(parts: readonly Uint8Array[]): Buffer {
  const start: Uint8Array[] = [];
  for (let i = 0, length = 0; i < parts.length && length < START_BYTES; i++) {
    const piece = parts[i]?.subarray(0, START_BYTES - length) ?? new Uint8Array();
    start.push(piece);
    length += piece.length;
  }
  return Buffer.concat(start);
}
