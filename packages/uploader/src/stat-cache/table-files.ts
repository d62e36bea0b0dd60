import { createHash } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

/** Tables of trees that were not saved for so long are removed, 60 days. */
const KEPT_MS = 60 * 86_400_000;
const DIRECTORY = 'stats';

/** Path of the table for the tree at `root`, below the directory of a repository's cache. */
export function tablePath(cacheDirectory: string, root: string): string {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 32);
  return path.join(cacheDirectory, DIRECTORY, name);
}

/** Removes tables beside this one that nobody has replaced for long, and what crashed processes have left. */
export function removeOldTables(table: string, nowMs: number): void {
  const directory = path.dirname(table);
  try {
    for (const name of readdirSync(directory)) {
      const file = path.join(directory, name);
      if (statSync(file).mtimeMs < nowMs - KEPT_MS) rmSync(file, { force: true });
    }
  } catch {
    // Somebody else removes them, or has no such directory: nothing depends on it.
  }
}
