import { readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

/** Every regular file below a directory. */
export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** IDs of the blobs that a repository of the local file system holds: its files, put together from directories and names. */
export function storedBlobIds(repository: string): string[] {
  return filesBelow(repository)
    .filter((file) => file.endsWith('.f'))
    .map((file) => file.slice(repository.length + 1, -'.f'.length).replaceAll('/', ''));
}

/** Makes every file below a directory so much older. */
export function shiftFileTimes(directory: string, seconds: number): void {
  for (const file of filesBelow(directory)) {
    const time = statSync(file).mtimeMs / 1000 - seconds;
    utimesSync(file, time, time);
  }
}
