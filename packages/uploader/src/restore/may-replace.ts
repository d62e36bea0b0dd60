import type { NodePath } from '../filesystem/path.ts';
import { lstatIfExists } from '../filesystem/stat.ts';
import type { WriteRules } from './tasks.ts';

/** Whether a file may take the place of what is at `path`. A symbolic link there is protected by the flag for links too:
 *  kopia would write through it, to wherever it leads. */
export function mayReplace(
  path: NodePath,
  { overwriteFiles, overwriteSymlinks }: Pick<WriteRules, 'overwriteFiles' | 'overwriteSymlinks'>,
): boolean {
  if (!overwriteFiles || overwriteSymlinks) return overwriteFiles;
  return lstatIfExists(path)?.kind !== 'symlink';
}
