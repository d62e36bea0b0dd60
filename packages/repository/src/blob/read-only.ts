import { RepositoryError } from '../errors.ts';
import { foreignOf, localFilesOf } from './powers.ts';
import type { BlobStorage } from './storage.ts';

/** `inner` without its writing side: `put` and `delete` throw STORAGE_READ_ONLY, and object lock can't be extended. */
export function withReadOnly(inner: BlobStorage): BlobStorage {
  return {
    description: inner.description,
    get: (id, range, options) => inner.get(id, range, options),
    getMetadata: (id, options) => inner.getMetadata(id, options),
    list: (prefix, options) => inner.list(prefix, options),
    put: () => refuse('written'),
    delete: () => refuse('deleted'),
    close: () => inner.close(),
    ...localFilesOf(inner),
    ...foreignOf(inner, (run) => run()),
  };
}

function refuse(what: string): Promise<never> {
  const message = `nothing can be ${what}: the storage was opened read-only`;
  return Promise.reject(new RepositoryError('STORAGE_READ_ONLY', message));
}
