import { repositoryErrorCode } from '../errors.ts';
import { parseBlobId } from './blob-id.ts';
import type { BlobId, BlobReader, CallOptions } from './storage.ts';

/** What lies where a repository might be made. */
export type Occupancy =
  | { readonly kind: 'empty' }
  /** A repository, whole or not. */
  | { readonly kind: 'repository' }
  /** Something else, or the rest of a repository without its format blob; `blob` is an example. */
  | { readonly kind: 'other'; readonly blob: BlobId };

/** Looks at a place with two requests, however much lies there. */
export async function occupancyOf(storage: BlobReader, options: CallOptions = {}): Promise<Occupancy> {
  try {
    await storage.getMetadata(FORMAT_BLOB, options);
    return { kind: 'repository' };
  } catch (error) {
    if (repositoryErrorCode(error) !== 'BLOB_NOT_FOUND') throw error;
  }
  for await (const { id } of storage.list('', options)) return { kind: 'other', blob: id };
  return { kind: 'empty' };
}

const FORMAT_BLOB = parseBlobId('kopia.repository');
