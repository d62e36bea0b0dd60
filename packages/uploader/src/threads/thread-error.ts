import { RepositoryError, type RepositoryErrorCode } from '@holdfast/repository/worker';

import { UploaderError, type UploaderErrorCode } from '../errors.ts';
import type { ThreadError } from './protocol.ts';

/** What of an error is sent to the other thread. */
export function packError(error: unknown): ThreadError {
  if (!(error instanceof Error))
    return {
      name: 'Error',
      message: String(error),
      code: undefined,
      syscall: undefined,
      detail: {},
      stack: undefined,
    };
  const code: unknown = 'code' in error ? error.code : undefined;
  const syscall: unknown = 'syscall' in error ? error.syscall : undefined;
  return {
    name: error.name,
    message: error.message,
    code: typeof code === 'string' ? code : undefined,
    syscall: typeof syscall === 'string' ? syscall : undefined,
    detail: error instanceof RepositoryError || error instanceof UploaderError ? error.detail : {},
    stack: error.stack,
  };
}

/** The error as it was thrown in the other thread, as far as its class is one of ours. */
export function unpackError(packed: ThreadError): Error {
  const { name, message, code, syscall, detail } = packed;
  // The codes were read off errors of these classes.
  if (name === 'RepositoryError') return new RepositoryError(code as RepositoryErrorCode, message, detail);
  if (name === 'UploaderError') return new UploaderError(code as UploaderErrorCode, message, detail);
  const error = Object.assign(new Error(message), code && { code }, syscall && { syscall });
  if (packed.stack !== undefined) error.stack = packed.stack;
  return error;
}
