import type { BlobItem } from '@azure/storage-blob';
import { blobOf, type Container } from './azure-container.ts';
import { listItems } from './azure-list.ts';
import { readBlob } from './azure-read.ts';
import { keptTime, lengthAndTime } from './object-metadata.ts';
import type { BlobId, BlobReader, CallOptions } from './storage.ts';
import { type BlobVersion, keepsNoVersions, pointInTimeReader } from './versions.ts';

/** Reads a versioned container as it was at `timeMs`. Throws STORAGE_UNSUPPORTED when it keeps no versions.
 *  Source: kopia repo/blob/azure/azure_pit.go. */
export async function openAzurePointInTime(container: Container, timeMs: number): Promise<BlobReader> {
  // Nothing tells whether a container keeps versions but what it says of a blob: that of the format is in every repository.
  for await (const _ of listVersions(container, 'kopia.repository', undefined)) break;
  return pointInTimeReader(
    {
      place: container.place,
      listVersions: (prefix, options) => listVersions(container, prefix, options),
      newestFirst: (versions) => versions.toSorted((a, b) => (a.version < b.version ? 1 : -1)),
      get: async ({ id, version, length }, range, options) => {
        const client = blobOf(container, id).withVersion(version);
        return await readBlob(
          container,
          { id, client, length: () => Promise.resolve(length) },
          range,
          options,
        );
      },
    },
    timeMs,
  );
}

async function* listVersions(
  container: Container,
  prefix: string,
  options: CallOptions | undefined,
): AsyncGenerator<BlobVersion> {
  for await (const item of listItems(container, { prefix, versions: true }, options))
    yield versionOf(item, container);
}

/** The version of a deletion has the time of what was deleted; only its name tells when that was. */
function versionOf(item: BlobItem & { readonly id: BlobId }, { place }: Container): BlobVersion {
  const { id, versionId, properties, metadata, hasVersionsOnly } = item;
  if (versionId === undefined) throw keepsNoVersions(place);
  const isDeletion = hasVersionsOnly === true;
  const kept = isDeletion ? undefined : keptTime(metadata?.['kopiamtime']);
  const sinceMs = kept?.getTime() ?? Date.parse(versionId);
  const facts = lengthAndTime(properties.contentLength ?? 0, kept ?? properties.lastModified, id);
  return { id, version: versionId, sinceMs, isDeletion, ...facts };
}
