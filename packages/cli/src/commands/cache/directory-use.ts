import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** What the files of a directory tree take. */
export interface DirectoryUse {
  readonly files: number;
  readonly bytes: number;
}

/** Counts files and their bytes, with memory for one directory at each level. Files that vanish meanwhile don't count. */
export async function directoryUse(directory: string): Promise<DirectoryUse> {
  let [files, bytes] = [0, 0];
  for await (const entry of await opendir(directory)) {
    const path = join(directory, entry.name);
    const use = entry.isDirectory() ? await directoryUse(path) : await fileUse(path);
    files += use.files;
    bytes += use.bytes;
  }
  return { files, bytes };
}

async function fileUse(path: string): Promise<DirectoryUse> {
  const stat = await lstat(path).catch(() => undefined);
  return stat === undefined ? { files: 0, bytes: 0 } : { files: 1, bytes: stat.size };
}
