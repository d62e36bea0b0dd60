import type { BlobStorage } from './storage.ts';

/** Several connections to one storage as if they were one: each call takes the next. Closes none of them. */
export function alternating(connections: readonly [BlobStorage, ...BlobStorage[]]): BlobStorage {
  let calls = 0;
  const next = (): BlobStorage => connections[calls++ % connections.length] ?? connections[0];
  return {
    description: connections[0].description,
    get: (...args) => next().get(...args),
    getMetadata: (...args) => next().getMetadata(...args),
    list: (...args) => next().list(...args),
    put: (...args) => next().put(...args),
    delete: (...args) => next().delete(...args),
    close: () => Promise.resolve(),
  };
}
