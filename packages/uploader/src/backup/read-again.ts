import type { DirHandle } from '../filesystem/path.ts';
import { type FileStat, lstatAt } from '../filesystem/stat.ts';
import type { Policy } from '../policy/policy.ts';
import type { ByteName } from '../snapshot/names.ts';
import { isFileSystemError } from './failures.ts';

/** Reads a file that was written to while it was read once more, as it looks now. Undefined when the policy does not ask for
 *  that, or the file is gone; then what was read first counts. */
export async function readAgain<T>(
  directory: DirHandle,
  name: ByteName,
  { holdfast }: Pick<Policy, 'holdfast'>,
  read: (stat: FileStat) => Promise<T>,
): Promise<T | undefined> {
  if (holdfast.rereadChangedFiles !== true) return undefined;
  try {
    const stat = lstatAt(directory, name);
    return stat.kind === 'file' ? await read(stat) : undefined;
  } catch (error) {
    if (isFileSystemError(error)) return undefined;
    throw error;
  }
}
