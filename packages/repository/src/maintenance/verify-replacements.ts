import { rmSync } from 'node:fs';
import path from 'node:path';

import type { BlobMetadata } from '../blob/storage.ts';
import { repositoryErrorCode, RepositoryError, type RepositoryErrorCode } from '../errors.ts';
import { openIndexFile } from '../index/index-file.ts';
import { PageCache } from '../index/page-cache.ts';
import { openSealedFile } from '../sealed/sealed-file.ts';
import type { MaintenanceRunParts } from './parts.ts';

type Parts = Pick<MaintenanceRunParts, 'storage' | 'crypto' | 'workDirectory' | 'signal'>;

/** Reads index blobs through that others are to be deleted for. They come from the storage: a copy in the cache only says
 *  what was stored once. Memory is a few pieces, disk one index. Throws INDEX_CORRUPT, naming the blob that is damaged or
 *  gone, and what the storage throws. */
export async function verifyReplacements(
  parts: Parts,
  blobs: Iterable<Pick<BlobMetadata, 'id' | 'length'>>,
): Promise<void> {
  for (const blob of blobs) {
    parts.signal?.throwIfAborted();
    try {
      await readThrough(parts, blob);
    } catch (error) {
      throw DAMAGE.has(repositoryErrorCode(error)) ? damaged(blob.id, error) : error;
    }
  }
}

const DAMAGE: ReadonlySet<RepositoryErrorCode | undefined> = new Set([
  'BLOB_NOT_FOUND',
  'CONTENT_CORRUPT',
  'ECC_UNREPAIRABLE',
  'INDEX_CORRUPT',
  'ID_INVALID',
]);

async function readThrough(
  { storage, crypto, workDirectory, signal }: Parts,
  { id, length }: Pick<BlobMetadata, 'id' | 'length'>,
): Promise<void> {
  const file = path.join(workDirectory, 'replacement.sndx');
  const call = signal ? { signal } : {};
  const read = async (offset: number, wanted: number): Promise<Uint8Array> =>
    await storage.get(id, { offset, length: wanted }, call);
  try {
    await openSealedFile(file, { id, length, read }, crypto);
    readEntries(file);
  } finally {
    rmSync(file, { force: true });
  }
}

function readEntries(file: string): void {
  const index = openIndexFile(file, new PageCache(64 << 10));
  try {
    const cursor = index.entries();
    while (cursor.advance()) cursor.fields();
  } finally {
    index.close();
  }
}

/** An error for an index blob that others were to be deleted for. */
export function damaged(id: string, cause?: unknown): RepositoryError {
  const reason = cause instanceof Error ? cause.message : 'it is gone';
  return new RepositoryError(
    'INDEX_CORRUPT',
    `index blob ${id} replaces others, but can't be read from the storage (${reason}); what it replaces stays. \`index recover --commit\` takes it away, so that the others count again`,
    { blob: id },
    cause,
  );
}
