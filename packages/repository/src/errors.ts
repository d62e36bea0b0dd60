/** Every way in which the repository layer fails on purpose. A code is stable; scripts and tests match on it. */
export type RepositoryErrorCode =
  | 'BLOB_NOT_FOUND'
  | 'BLOB_RANGE_INVALID'
  | 'BLOB_EXISTS'
  | 'BLOB_LOCKED'
  | 'STORAGE_NOT_FOUND'
  | 'STORAGE_READ_ONLY'
  | 'STORAGE_UNSUPPORTED'
  | 'STORAGE_FAILED'
  | 'STORAGE_FULL'
  | 'STORAGE_DENIED'
  | 'STORAGE_UNTRUSTED'
  | 'NOT_A_REPOSITORY'
  | 'REPOSITORY_EXISTS'
  | 'INVALID_PASSWORD'
  | 'FORMAT_CORRUPT'
  | 'FORMAT_UNSUPPORTED'
  | 'FEATURE_UNSUPPORTED'
  | 'UPGRADE_IN_PROGRESS'
  | 'ALGORITHM_UNKNOWN'
  | 'CONTENT_NOT_FOUND'
  | 'CONTENT_CORRUPT'
  | 'PACK_CORRUPT'
  | 'INDEX_CORRUPT'
  | 'INDEX_WRITE_TOO_SLOW'
  | 'OBJECT_CORRUPT'
  | 'MANIFEST_NOT_FOUND'
  | 'MANIFEST_CORRUPT'
  | 'COMPRESSION_CORRUPT'
  | 'ECC_UNREPAIRABLE'
  | 'ID_INVALID'
  | 'CONFIG_INVALID'
  | 'CLOCK_SKEW'
  | 'MAINTENANCE_NOT_OWNER'
  | 'MAINTENANCE_BREAKER';

/** Facts that help find the cause: blob and content ids, offsets, both hashes. Never a secret. */
export type ErrorDetail = Readonly<Record<string, string | number | boolean>>;

/** The one error class of this package: match on `code`; `message` says what happened and what to do next. */
export class RepositoryError extends Error {
  override readonly name = 'RepositoryError';
  readonly code: RepositoryErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: RepositoryErrorCode, message: string, detail: ErrorDetail = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
  }
}

/** The code of `error` when it is a RepositoryError (also one that crossed a thread), else undefined. */
export function repositoryErrorCode(error: unknown): RepositoryErrorCode | undefined {
  return error instanceof RepositoryError ? error.code : undefined;
}

/** A condition that only a defect in this program can break. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws InvariantError unless `condition` holds. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
