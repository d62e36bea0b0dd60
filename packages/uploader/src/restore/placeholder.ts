import { closeSync, unlinkSync, writeSync } from 'node:fs';
import { applyAttributes } from '../filesystem/attributes.ts';
import { makeDirectory } from '../filesystem/entries.ts';
import { bytePath, type DirHandle, displayPath, nodePath, openDirHandle } from '../filesystem/path.ts';
import { readSmallFile } from '../filesystem/small-file.ts';
import { lstat, lstatIfExists } from '../filesystem/stat.ts';
import { createFile } from '../filesystem/write.ts';
import { UploaderError } from '../errors.ts';
import { decodeEntry, type DirectoryEntry, encodeEntry, nameOnDisk } from '../snapshot/entry.ts';
import type { AttributeReports } from './attribute-reports.ts';
import { attributeOptions, attributesOf } from './restore-files-task.ts';
import type { RestoreOptions } from './options.ts';

/* A placeholder holds the entry of a file or directory that was not restored, as a line of JSON: `NAME.kopia-entry` for a
 * file, `NAME.kopia-entry/.kopia-entry` for a directory. Source: kopia fs/localfs/shallow_fs.go. */

/** What the names of placeholders end with. */
export const PLACEHOLDER_SUFFIX = '.kopia-entry';

/** Bytes of a placeholder: an entry with all its extended attributes is far smaller. */
export const MAX_PLACEHOLDER: number = 4 << 20;

const LONGEST_NAME = 255;
const WRITE_BITS = 0o222;
const PRIVATE_FILE = 0o600;

/** Whether the placeholder of a name fits into a file system. */
export function canHavePlaceholder(name: string): boolean {
  return name.length + PLACEHOLDER_SUFFIX.length <= LONGEST_NAME;
}

/** Writes the placeholder of a file or directory into `directory`, in place of an older one; attributes that are refused
 *  go to `problems`. Throws TARGET_NOT_EMPTY where the entry itself is: taking it away could lose it for good. */
export function writePlaceholder(
  directory: { readonly path: string; readonly relativePath: string },
  entry: DirectoryEntry,
  options: RestoreOptions,
  problems: AttributeReports,
): void {
  const name = nameOnDisk(entry);
  const parent = openDirHandle(directory.path);
  try {
    if (lstatIfExists(parent.child(name)) !== undefined) throw inTheWay(`${directory.path}/${name}`);
    const placeholder = `${name}${PLACEHOLDER_SUFFIX}`;
    const found =
      entry.type === 'd'
        ? writeInside(parent, `${directory.path}/${placeholder}`, placeholder, entry, options)
        : writeEntry(parent, placeholder, entry, options);
    for (const problem of found) {
      if (!options.ignorePermissionErrors) throw problem.error;
      problems.add(problem, displayPath(name));
    }
  } finally {
    parent.close();
  }
}

type Problems = ReturnType<typeof applyAttributes>;

function writeInside(
  parent: DirHandle,
  path: string,
  name: string,
  entry: DirectoryEntry,
  options: RestoreOptions,
): Problems {
  makeDirectory(parent.child(name));
  const directory = openDirHandle(path);
  try {
    return writeEntry(directory, PLACEHOLDER_SUFFIX, entry, options);
  } finally {
    directory.close();
  }
}

function writeEntry(
  directory: DirHandle,
  name: string,
  entry: DirectoryEntry,
  options: RestoreOptions,
): Problems {
  const path = directory.child(name);
  if (lstatIfExists(path) !== undefined) unlinkSync(path);
  const fd = createFile(path, { mode: PRIVATE_FILE, overwrite: false });
  try {
    // kopia's entries in memory have the size of what is below a directory, those in directory objects have not.
    const size = entry.summary?.size ?? entry.size;
    writeSync(fd, Buffer.from(`${encodeEntry({ ...entry, size })}\n`, 'latin1'));
    const attributes = { ...attributesOf(entry), mode: entry.mode & ~WRITE_BITS, xattrs: undefined };
    return applyAttributes(fd, attributes, attributeOptions(options));
  } finally {
    closeSync(fd);
  }
}

/** The entry that a placeholder stands for, by the placeholder's path. Throws DIRECTORY_CORRUPT for what is none,
 *  FILE_TOO_LARGE. */
export function readPlaceholder(path: string): DirectoryEntry {
  const bytes = bytePath(path);
  const isDirectory = lstat(nodePath(bytes)).kind === 'directory';
  const file = nodePath(isDirectory ? `${bytes}/${PLACEHOLDER_SUFFIX}` : bytes);
  const text = readSmallFile(file, { name: path, limit: MAX_PLACEHOLDER }).toString();
  return decodeEntry(parseJson(text, path), { what: `placeholder ${path}`, code: 'DIRECTORY_CORRUPT' });
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UploaderError('DIRECTORY_CORRUPT', `${path} is no placeholder: not JSON`, { path }, error);
  }
}

function inTheWay(path: string): UploaderError {
  const shown = displayPath(path);
  const message = `${shown} exists, so no placeholder for it was written: delete it or restore it as a whole`;
  return new UploaderError('TARGET_NOT_EMPTY', message, { path: shown });
}
