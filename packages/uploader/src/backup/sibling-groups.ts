import type { PolicyTree } from '../policy/tree.ts';
import type { FoundDirectory } from './tasks.ts';

/** Groups that a directory's subdirectories are at least divided into, so that all threads have work to the end. */
const LEAST_GROUPS = 64;
const LARGEST_GROUP = 16;

/** Divides the subdirectories of one directory into groups for one task each, in order: a message each way costs more than a
 *  small directory does. One that was done already, can't be saved or may have policies of its own is alone. */
export function* siblingGroups(
  directories: readonly FoundDirectory[],
  { children }: PolicyTree,
): Generator<readonly FoundDirectory[]> {
  const size = Math.min(LARGEST_GROUP, Math.floor(directories.length / LEAST_GROUPS));
  let group: FoundDirectory[] = [];
  for (const found of directories) {
    const isAlone = found.reply !== undefined || found.error !== undefined || children.size > 0;
    if (group.length > 0 && (isAlone || group.length >= size)) {
      yield group;
      group = [];
    }
    group.push(found);
    if (isAlone) {
      yield group;
      group = [];
    }
  }
  if (group.length > 0) yield group;
}
