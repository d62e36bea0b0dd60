import { constants } from 'node:os';
import { RepositoryError, type RepositoryErrorCode } from '../errors.ts';

const CODES: Readonly<Record<string, RepositoryErrorCode>> = {
  ENOSPC: 'STORAGE_FULL',
  EDQUOT: 'STORAGE_FULL',
  EACCES: 'STORAGE_DENIED',
  EPERM: 'STORAGE_DENIED',
  EROFS: 'STORAGE_READ_ONLY',
};

const ADVICE: Partial<Record<RepositoryErrorCode, string>> = {
  BLOB_NOT_FOUND: 'there is no such blob',
  STORAGE_NOT_FOUND: 'the storage directory is gone; is its volume mounted?',
  STORAGE_FULL: 'no space is left; free some or raise the quota',
  STORAGE_DENIED: 'permission denied; check the owner and mode of the storage directory',
  STORAGE_READ_ONLY: 'the file system is read-only',
};

/** What was tried when the operating system refused. */
export interface FileAttempt {
  /** For the message: `read blob p123`. Without paths, which may tell more than the reader of a log should know. */
  readonly action: string;
  /** What ENOENT means here. */
  readonly missing: RepositoryErrorCode;
  /** Blob concerned. */
  readonly blob?: string;
}

/** The coded form of a file system error; what is no system error comes back as it is. */
export function storageError(error: unknown, attempt: FileAttempt): unknown {
  const errno = errnoName(error);
  if (errno === undefined) return error;
  const code = errno === 'ENOENT' ? attempt.missing : (CODES[errno] ?? 'STORAGE_FAILED');
  const detail = { errno, ...(attempt.blob !== undefined && { blob: attempt.blob }) };
  return new RepositoryError(code, `cannot ${attempt.action}: ${ADVICE[code] ?? errno}`, detail, error);
}

/** Name of the system error in `error` (`ENOENT`), or undefined when it isn't one. */
export function errnoName(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('errno' in error)) return undefined;
  // Node has no name for this one.
  if (error.errno === -constants.errno.EDQUOT) return 'EDQUOT';
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
