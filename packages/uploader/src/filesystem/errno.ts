import { constants } from 'node:os';
import { getSystemErrorMessage, getSystemErrorName } from 'node:util';

/** An error as `node:fs` would throw it for the failure `code` of `syscall`. */
export function errnoException(
  code: keyof typeof constants.errno,
  syscall: string,
  path?: string,
): NodeJS.ErrnoException {
  return exceptionOf(constants.errno[code], syscall, path);
}

/** An error as `node:fs` would throw it for the positive error number of a failed system call. */
export function exceptionOf(errno: number, syscall: string, path?: string): NodeJS.ErrnoException {
  const code = getSystemErrorName(-errno);
  const subject = path === undefined ? '' : ` '${path}'`;
  const error: NodeJS.ErrnoException = new Error(
    `${code}: ${getSystemErrorMessage(-errno)}, ${syscall}${subject}`,
  );
  error.errno = -errno;
  error.code = code;
  error.syscall = syscall;
  if (path !== undefined) error.path = path;
  return error;
}

/** The code of a failed system call (`ENOENT`), or undefined for any other thrown value. */
export function errnoCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Calls `action`; returns undefined instead of throwing when it fails with one of `codes`. */
export function tolerate<T>(codes: readonly string[], action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (codes.includes(errnoCode(error) ?? '')) return undefined;
    throw error;
  }
}
