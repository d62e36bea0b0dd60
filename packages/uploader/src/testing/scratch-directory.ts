import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An empty directory for a test, gone with it (`using`), whatever was made in it. */
export interface ScratchDirectory extends Disposable {
  readonly path: string;
}

/** Whether tests may do what only root can: owners, devices, file capabilities. */
export const isRoot: boolean = process.geteuid?.() === 0;

/** The places real files are tried in: the disk, and memory where there is such a file system. */
export const scratchPlaces: readonly string[] = [tmpdir(), '/dev/shm'].filter((place) => existsSync(place));

/** Makes an empty directory below `place`. */
export function scratchDirectory(place: string = tmpdir()): ScratchDirectory {
  const path = mkdtempSync(join(place, 'holdfast-test-'));
  // rm, unlike Node, removes trees whose paths are longer than the system takes.
  return { path, [Symbol.dispose]: () => void spawnSync('rm', ['-rf', path]) };
}

/** Runs `action` with the rights of an ordinary user; only root can. */
export function asOrdinaryUser<T>(action: () => T): T {
  const NOBODY = 65534;
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
  try {
    return action();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}
