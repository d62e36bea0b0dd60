import type { BlobId, BlobStorage, CallOptions } from '../blob/storage.ts';
import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import { decodeFormatBlob, FORMAT_BLOB_ID } from '../format/format-blob.ts';
import { recoverFormatBlob } from '../format/recover.ts';

/** Where to look for a copy. */
export interface FormatRecoveryOptions extends CallOptions {
  /** Starts of the names of packs. */
  readonly prefixes: readonly string[];
}

/** A copy of `kopia.repository`, and the pack that holds it. */
export interface FormatRecoveryPlan {
  readonly pack: BlobId;
  readonly bytes: Uint8Array;
}

/** Whether a storage has a `kopia.repository`, sound or not. */
export async function hasFormatBlob(storage: BlobStorage, options: CallOptions = {}): Promise<boolean> {
  try {
    await storage.getMetadata(FORMAT_BLOB_ID, options);
    return true;
  } catch (error) {
    if (repositoryErrorCode(error) === 'BLOB_NOT_FOUND') return false;
    throw error;
  }
}

/** Looks for the copy of `kopia.repository` that packs of older formats hold; the first good one is as good as any. Changes
 *  nothing. Throws NOT_A_REPOSITORY when there is none. */
export async function planFormatRecovery(
  storage: BlobStorage,
  { prefixes, ...call }: FormatRecoveryOptions,
): Promise<FormatRecoveryPlan> {
  let packs = 0;
  for (const prefix of prefixes)
    for await (const { id } of storage.list(prefix, call)) {
      packs++;
      const bytes = await recoverFormatBlob(storage, id, call);
      if (bytes !== undefined && isFormatBlob(bytes)) return { pack: id, bytes };
    }
  throw new RepositoryError(
    'NOT_A_REPOSITORY',
    `none of ${packs} packs holds a copy of ${FORMAT_BLOB_ID}; only those of repositories whose password can't be changed do`,
    { packs },
  );
}

/** Stores the copy and reads it back. Throws FORMAT_CORRUPT when that differs, and what the storage throws. */
export async function applyFormatRecovery(
  storage: BlobStorage,
  { bytes }: FormatRecoveryPlan,
  options: CallOptions = {},
): Promise<void> {
  await storage.put(FORMAT_BLOB_ID, [bytes], options);
  const stored = await storage.get(FORMAT_BLOB_ID, undefined, options);
  if (Buffer.compare(stored, bytes) === 0) return;
  throw new RepositoryError(
    'FORMAT_CORRUPT',
    `${FORMAT_BLOB_ID} reads back differently from what was stored`,
  );
}

function isFormatBlob(bytes: Uint8Array): boolean {
  try {
    decodeFormatBlob(bytes);
    return true;
  } catch (error) {
    if (error instanceof RepositoryError) return false;
    throw error;
  }
}
