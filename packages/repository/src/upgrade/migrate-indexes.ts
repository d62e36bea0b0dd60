import type { BlobMetadata } from '../blob/storage.ts';
import { EPOCH_PREFIX, indexBlobPrefix, setSuffix } from '../epoch/names.ts';
import { LegacyIndexBlobs } from '../epoch/legacy.ts';
import { compactIndexBlobs } from '../maintenance/compaction.ts';
import type { MaintenanceParts } from '../maintenance/parts.ts';
import { WorkDirectory } from '../maintenance/work-directory.ts';

/* Index blobs of a repository that gets epochs. Source: kopia repo/content/indexblob/index_blob_manager_v1.go. */

/** Blobs whose entries are in the first epoch now. */
export type MigratedBlobs = ReadonlySet<string>;

/** Removes what an upgrade that was not finished has left: as long as a repository has no epochs nobody reads it, and it
 *  may name packs that are gone by now. */
export async function removeUnusedEpochs({ storage }: MaintenanceParts): Promise<void> {
  for await (const { id } of storage.list(EPOCH_PREFIX)) await storage.delete(id);
}

/** Merges the legacy index blobs that count and are not `migrated` yet into index blobs of the first epoch, in the newest
 *  index version, and reads those back. The legacy ones stay. */
export async function migrateIndexes(
  parts: MaintenanceParts,
  migrated: MigratedBlobs = new Set(),
  signal?: AbortSignal,
): Promise<MigratedBlobs> {
  const inputs = (await legacyBlobs(parts)).filter(({ id }) => !migrated.has(id));
  if (inputs.length === 0) return migrated;
  using work = new WorkDirectory(parts.cacheDirectory);
  const set = `s${Buffer.from(parts.random(8)).toString('hex')}`;
  await compactIndexBlobs(
    {
      ...parts,
      contentFormat: { ...parts.contentFormat, indexVersion: 2 },
      workDirectory: work.path,
      signal,
    },
    inputs,
    { prefix: indexBlobPrefix(0), suffix: (shards) => setSuffix(set, shards) },
  );
  return new Set([...migrated, ...inputs.map(({ id }) => id)]);
}

async function legacyBlobs(parts: MaintenanceParts): Promise<readonly BlobMetadata[]> {
  const { storage, crypto, clock, opened } = parts;
  const { epochParameters } = opened.format;
  return (await new LegacyIndexBlobs({ storage, crypto, clock, epochParameters }).activeBlobs()).blobs;
}
