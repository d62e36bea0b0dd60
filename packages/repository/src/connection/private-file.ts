import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile, syncDirectory } from '../blob/durable-file.ts';
import { errnoName } from '../blob/errno.ts';
import { RepositoryError } from '../errors.ts';

/** The file's text, or undefined when there is none. Throws system errors. */
export async function readTextFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoName(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Creates or atomically replaces a file that only its owner may read; makes its directory, too, if need be.
 *  Throws system errors. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await replaceFile(path, [new TextEncoder().encode(text)], { mode: 0o600 });
  await syncDirectory(directory);
}

/** CONFIG_INVALID for the file at `path`. */
export function configInvalid(path: string, cause: unknown): RepositoryError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new RepositoryError('CONFIG_INVALID', `${path} cannot be used: ${reason}`, { path }, cause);
}
