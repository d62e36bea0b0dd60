import type { FileMetadata } from '@google-cloud/storage';
import type { GcsBucket } from './gcs-bucket.ts';
import { listItems, metadataOf } from './gcs-list.ts';
import { readFile } from './gcs-read.ts';
import { objectKey } from './object-keys.ts';
import { keptTime } from './object-metadata.ts';
import { orAborted } from './or-aborted.ts';
import { serviceCall } from './service-call.ts';
import type { BlobId, BlobReader, CallOptions } from './storage.ts';
import { type BlobVersion, keepsNoVersions, pointInTimeReader } from './versions.ts';

/** Reads a versioned bucket as it was at `timeMs`. Throws STORAGE_UNSUPPORTED when it keeps no versions.
 *  Source: kopia repo/blob/gcs/gcs_pit.go. */
export async function openGcsPointInTime(bucket: GcsBucket, timeMs: number): Promise<BlobReader> {
  await requireVersions(bucket);
  return pointInTimeReader(
    {
      place: bucket.place,
      listVersions: (prefix, options) => listVersions(bucket, { prefix, timeMs }, options),
      newestFirst: (versions) => versions.toReversed(),
      get: async ({ id, version, length }, range, options) => {
        const file = bucket.bucket.file(objectKey(bucket.prefix, id), { generation: version });
        return await readFile(bucket, { id, file, length: () => Promise.resolve(length) }, range, options);
      },
    },
    timeMs,
  );
}

async function requireVersions(bucket: GcsBucket): Promise<void> {
  const [{ versioning }] = await serviceCall(bucket, { verb: 'open' }, undefined, ({ signal }) =>
    orAborted(bucket.bucket.getMetadata(), signal),
  );
  if (versioning?.enabled !== true) throw keepsNoVersions(bucket.place);
}

async function* listVersions(
  bucket: GcsBucket,
  { prefix, timeMs }: { readonly prefix: string; readonly timeMs: number },
  options: CallOptions | undefined,
): AsyncGenerator<BlobVersion> {
  for await (const item of listItems(bucket, { prefix, versions: true }, options))
    yield versionOf(item, timeMs);
}

/** Deletions leave no version: each tells until when it was the current one. */
function versionOf(
  { id, metadata }: { readonly id: BlobId; readonly metadata: FileMetadata },
  timeMs: number,
): BlobVersion {
  const { generation = '', timeCreated = '', timeDeleted = '' } = metadata;
  const kept = keptTime(metadata.metadata?.['Kopia-Mtime']);
  return {
    ...metadataOf(id, metadata),
    version: String(generation),
    sinceMs: kept?.getTime() ?? Date.parse(timeCreated),
    isDeletion: timeDeleted !== '' && Date.parse(timeDeleted) <= timeMs,
  };
}
