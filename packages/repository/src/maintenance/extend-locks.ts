import { asRetentionExtender } from '../blob/powers.ts';
import type { BlobId, Retention } from '../blob/storage.ts';
import { RepositoryError } from '../errors.ts';
import { BLOB_CONFIG_ID } from '../format/blobcfg.ts';
import { FORMAT_BLOB_ID } from '../format/format-blob.ts';
import { forEachConcurrently } from './concurrently.ts';
import type { MaintenanceRunParts } from './parts.ts';

/** Names of blobs that are stored with object lock start with these. Source: kopia repo/locking_storage.go. */
export const LOCKED_PREFIXES: readonly string[] = ['n', 'x', FORMAT_BLOB_ID, BLOB_CONFIG_ID, 'p', 'q'];

/** Blobs whose object lock is to last for another period from now. */
export interface ExtendLocksPlan {
  readonly retention: Retention;
  readonly blobs: readonly BlobId[];
}

/** All that is stored with object lock; undefined where the repository uses none. */
export async function planExtendLocks({
  storage,
  opened,
  signal,
}: MaintenanceRunParts): Promise<ExtendLocksPlan | undefined> {
  const { retention } = opened;
  if (retention === undefined) return undefined;
  const blobs: BlobId[] = [];
  for (const prefix of LOCKED_PREFIXES)
    for await (const { id } of storage.list(prefix, signal ? { signal } : {})) blobs.push(id);
  return { retention, blobs };
}

/** Throws STORAGE_UNSUPPORTED for a storage without object lock, or what the storage throws. */
export async function applyExtendLocks(
  { storage, signal }: Pick<MaintenanceRunParts, 'storage' | 'signal'>,
  plan: ExtendLocksPlan,
): Promise<void> {
  const extender = asRetentionExtender(storage);
  if (extender === undefined) throw unsupported(storage.description);
  await forEachConcurrently(plan.blobs, EXTENSIONS_AT_ONCE, async (id) => {
    signal?.throwIfAborted();
    await extender.extendRetention(id, plan.retention, signal ? { signal } : {});
  });
}

const EXTENSIONS_AT_ONCE = 16;

function unsupported(description: string): RepositoryError {
  return new RepositoryError(
    'STORAGE_UNSUPPORTED',
    `${description} has no object lock to extend; turn it off with \`maintenance set --extend-object-locks=false\``,
  );
}
