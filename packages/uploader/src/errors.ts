import type { ErrorDetail } from '@holdfast/repository/worker';

/** Every way in which the uploader layer fails on purpose. A code is stable; scripts and tests match on it. */
export type UploaderErrorCode =
  | 'DIRECTORY_CORRUPT'
  | 'SNAPSHOT_CORRUPT'
  | 'SNAPSHOT_INVALID'
  | 'SOURCE_INVALID'
  | 'POLICY_CORRUPT'
  | 'POLICY_INVALID'
  | 'IGNORE_RULE_INVALID'
  | 'TARGET_NOT_EMPTY'
  | 'TARGET_IS_DIRECTORY'
  | 'NAME_UNSAFE'
  | 'FILE_FAILED'
  | 'FILE_TOO_LARGE'
  | 'THREAD_DIED'
  | 'ENTRY_NOT_FOUND'
  | 'ATTRIBUTES_AMBIGUOUS';

/** The one error class of this package: match on `code`; `message` says what happened and what to do next. */
export class UploaderError extends Error {
  override readonly name = 'UploaderError';
  readonly code: UploaderErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: UploaderErrorCode, message: string, detail: ErrorDetail = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
  }
}

/** The code of `error` when it is an UploaderError, else undefined. */
export function uploaderErrorCode(error: unknown): UploaderErrorCode | undefined {
  return error instanceof UploaderError ? error.code : undefined;
}
