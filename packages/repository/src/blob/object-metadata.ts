import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import type { BlobId, BlobMetadata } from './storage.ts';

/** Checks what a service said of an object. Times are cut to whole seconds: more is known only to listings of some services,
 *  and one blob must have one time. Throws STORAGE_FAILED when it said nothing. */
export function lengthAndTime(
  length: number | undefined,
  time: Date | undefined,
  id: BlobId,
): Pick<BlobMetadata, 'length' | 'timestampMs'> {
  if (length !== undefined && time !== undefined)
    return { length, timestampMs: Math.trunc(time.getTime() / 1000) * 1000 };
  throw new RepositoryError('STORAGE_FAILED', `the storage gave no length or no time of blob ${id}`, {
    blob: id,
  });
}

/** The time that kopia keeps beside a blob it copied from elsewhere (nanoseconds); undefined when there is none.
 *  Source: kopia internal/timestampmeta. */
export function keptTime(nanoseconds: unknown): Date | undefined {
  if (typeof nanoseconds !== 'string' || !/^\d+$/.test(nanoseconds)) return undefined;
  return new Date(Number(BigInt(nanoseconds) / 1_000_000n));
}

/** Whether `error` says that a blob is missing. */
export function isMissing(error: unknown): boolean {
  return repositoryErrorCode(error) === 'BLOB_NOT_FOUND';
}
