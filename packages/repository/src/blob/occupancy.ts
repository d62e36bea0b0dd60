import { repositoryErrorCode } from '../errors.ts';
import { parseBlobId } from './blob-id.ts';
import { asForeignFinder } from './powers.ts';
import type { BlobReader, CallOptions } from './storage.ts';

/** What lies where a repository might be made. */
export type Occupancy =
  | { readonly kind: 'empty' }
  /** A repository, whole or not. */
  | { readonly kind: 'repository' }
  /** Something else, or the rest of a repository without its format blob; `blob` is an example, maybe a name with slashes. */
  | { readonly kind: 'other'; readonly blob: string };

/** Looks at a place with three requests, however much lies there. */
export async function occupancyOf(storage: BlobReader, options: CallOptions = {}): Promise<Occupancy> {
  try {
    await storage.getMetadata(FORMAT_BLOB, options);
    return { kind: 'repository' };
  } catch (error) {
    if (repositoryErrorCode(error) !== 'BLOB_NOT_FOUND') throw error;
  }
  for await (const { id } of storage.list('', options)) return { kind: 'other', blob: id };
  const foreign = await asForeignFinder(storage)?.findForeign(options);
  return foreign === undefined ? { kind: 'empty' } : { kind: 'other', blob: foreign };
}

const FORMAT_BLOB = parseBlobId('kopia.repository');
