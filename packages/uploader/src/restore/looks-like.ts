import type { NodePath } from '../filesystem/path.ts';
import { lstatIfExists } from '../filesystem/stat.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';

const SAME_TIME_NS = 2_000_000_000n;

/** Whether what is at `path` counts as restored already: a file of the same size and time, give or take two seconds, or any
 *  symbolic link for a symbolic link. Source: kopia snapshot/restore/local_fs_output.go (FileExists, SymlinkExists). */
export function looksLike({ type, size, mtimeNs }: DirectoryEntry, path: NodePath): boolean {
  const found = lstatIfExists(path);
  if (type === 's') return found?.kind === 'symlink';
  if (found?.kind !== 'file' || found.size !== size) return false;
  const difference = found.mtimeNs - mtimeNs;
  return difference < SAME_TIME_NS && difference > -SAME_TIME_NS;
}
