import type { BlobClient, ContainerClient } from '@azure/storage-blob';
import { objectKey } from './object-keys.ts';
import type { ServiceContext } from './service-call.ts';
import type { BlobId } from './storage.ts';

/** A part of a container, as requests name it. */
export interface Container extends ServiceContext {
  readonly client: ContainerClient;
  readonly prefix: string;
}

/** The SDK's client for one blob. */
export function blobOf(container: Container, id: BlobId): BlobClient {
  return container.client.getBlobClient(objectKey(container.prefix, id));
}
