import { closeSync, openSync, readSync } from 'node:fs';

import type { NameList } from '../filesystem/name-list.ts';
import { type DirHandle, displayPath } from '../filesystem/path.ts';
import { readSmallFile } from '../filesystem/small-file.ts';
import { CACHE_TAG_LENGTH, CACHE_TAG_NAME, isCacheTag } from '../ignore/cache-directory.ts';
import { type IgnoreScope, withIgnoreFile } from '../ignore/scope.ts';

/** The scope with the rules of those of the directory's own ignore files that are `listed`; they may be symbolic links.
 *  Throws IGNORE_RULE_INVALID, FILE_TOO_LARGE and what the operating system says of a file that can't be read. */
export function withIgnoreFiles(scope: IgnoreScope, directory: DirHandle, listed: NameList): IgnoreScope {
  let extended = scope;
  for (const name of scope.ignoreFiles) {
    if (!listed.has(name)) continue;
    const content = ifPresent(() =>
      readSmallFile(directory.child(name), { name: displayPath(name), limit: MAX_IGNORE_FILE }),
    );
    if (content !== undefined) extended = withIgnoreFile(extended, content);
  }
  return extended;
}

/** Tens of thousands of rules. A directory with more is not saved: what they leave out may be secret. */
const MAX_IGNORE_FILE = 1 << 20;

/** Whether the directory holds a tag that says its contents can be made again. */
export function isCacheDirectory(directory: DirHandle, listed: NameList): boolean {
  if (!listed.has(CACHE_TAG_NAME)) return false;
  const fd = ifPresent(() => openSync(directory.child(CACHE_TAG_NAME), 'r'));
  if (fd === undefined) return false;
  try {
    const beginning = new Uint8Array(CACHE_TAG_LENGTH);
    return readSync(fd, beginning) === beginning.length && isCacheTag(beginning);
  } finally {
    closeSync(fd);
  }
}

/** What `read` returns, or undefined where there is no such file, or only a directory of that name. */
function ifPresent<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR'))
      return undefined;
    throw error;
  }
}
