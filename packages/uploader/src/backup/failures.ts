import { uploaderErrorCode } from '../errors.ts';
import { displayPath } from '../filesystem/path.ts';
import type { FailedEntry } from '../snapshot/summary.ts';
import type { DirectoryPlace } from './tasks.ts';

/** How a failure to save the entry `name` of a directory is recorded. An entry that vanished after it was listed
 *  counts too: the snapshot lacks what the listing promised. */
export function failureOf(
  place: Pick<DirectoryPlace, 'relativePath'>,
  name: string,
  error: unknown,
): FailedEntry {
  return { path: displayPath(childPath(place.relativePath, name)), error: messageOf(error) };
}

/** Whether an error concerns a file or directory alone: it comes from reading the file system, or from the ignore rules there,
 *  not from storing. */
export function isFileSystemError(error: unknown): boolean {
  return (error instanceof Error && 'syscall' in error) || OWN_FAULTS.has(uploaderErrorCode(error));
}

/** Faults of ignore files, whose directory is not saved then because what they leave out may be secret, and of placeholders. */
const OWN_FAULTS: ReadonlySet<unknown> = new Set(['FILE_TOO_LARGE', 'IGNORE_RULE_INVALID']);

/** Whether it concerns a file or directory alone because of what a placeholder holds. */
export function isPlaceholderError(error: unknown): boolean {
  return uploaderErrorCode(error) === 'DIRECTORY_CORRUPT';
}

/** Path of a child below the snapshot's root. */
export function childPath(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}

/** Absolute path of a child. */
export function absoluteChild(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

/** The error without the absolute path that Node puts into it: summaries are part of deduplicated objects. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.replace(/, \w+ '.*'$/s, '');
}
