import { CliError } from '../errors.ts';

/** What `write` makes of the file or directory at `path`. Where the system refuses it throws FILE_NOT_WRITTEN, which names the
 *  path, for Node's errors of writing don't, and ends with `advice`: what to do next. */
export async function writingTo<T>(path: string, advice: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const reason = REASONS[error.code] ?? error.message;
    throw new CliError('FILE_NOT_WRITTEN', `cannot write ${path}: ${reason}; ${advice}`, error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left there',
  EDQUOT: "this user's quota is used up",
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'something on the way is no directory',
};

/** Ours have a code too, but never a call. */
function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}
