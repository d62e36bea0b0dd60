import { closeSync, constants, mkdirSync, openSync, writeFileSync } from 'node:fs';

/** What a torture tree is made with. */
export interface TortureOptions {
  /** Entries of the largest directory. */
  readonly manyEntries: number;
  /** Whether every name of two bytes is made (63,000 files), or a sample of them. */
  readonly allPairs: boolean;
}

/** Whether this process may make devices, owners, `trusted.*` attributes and file capabilities. */
export const isPrivileged: boolean = process.getuid?.() === 0;

/** Where a part of the tree is made; what this machine can't is noted. */
export interface Place {
  readonly directory: string;
  readonly options: TortureOptions;
  note(what: string): void;
}

/** A byte path below the place, as `node:fs` takes it. */
export function at({ directory }: Place, bytes: string): Buffer {
  return Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(bytes, 'latin1')]);
}

/** Makes a file with some data of its own. */
export function makeFile(place: Place, bytes: string, data: string = `data of ${bytes}`): Buffer {
  const path = at(place, bytes);
  writeFileSync(path, data, 'latin1');
  return path;
}

/** Makes nested directories of any depth below `start`, each through the descriptor of the one before, and calls `fill`
 *  with a path to the deepest that is short. */
export function makeChain(start: string, names: readonly string[], fill: (deepest: string) => void): void {
  let fd = openSync(start, DIRECTORY);
  for (const name of names) {
    const parent = fd;
    mkdirSync(`/proc/self/fd/${parent}/${name}`);
    fd = openSync(`/proc/self/fd/${parent}/${name}`, DIRECTORY);
    closeSync(parent);
  }
  fill(`/proc/self/fd/${fd}`);
  closeSync(fd);
}

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY;
