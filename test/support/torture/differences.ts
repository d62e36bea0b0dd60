import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { holeDifferences } from '../hole-map.ts';
import { rsyncDifferences } from '../rsync.ts';
import { SOCKET } from './kinds.ts';

/** Every way in which the tree at `actual` differs from the torture tree at `expected`, as rsync, both ways, and the maps of
 *  holes tell. rsync gives up in directories 1,700 deep: the paths of 4,000 bytes are compared by a walk of our own. */
export function tortureDifferences(expected: string, actual: string): readonly string[] {
  const exclude = [`/kinds/${SOCKET}`, '/long'];
  return [
    ...rsyncDifferences(expected, actual, { exclude }),
    ...rsyncDifferences(actual, expected, { exclude }),
    ...walkDifferences(`${expected}/long`, `${actual}/long`),
    ...holeDifferences(`${expected}/holes`, `${actual}/holes`),
  ];
}

/** How two trees differ that have paths of any length. */
export function walkDifferences(expected: string, actual: string): readonly string[] {
  const [want, is] = [walk(expected), walk(actual)];
  const [wanted, found] = [new Set(want), new Set(is)];
  return [...want.filter((line) => !found.has(line)), ...is.filter((line) => !wanted.has(line))];
}

const program = fileURLToPath(new URL('walk.ts', import.meta.url));

function walk(directory: string): readonly string[] {
  const args = ['--conditions=source', program, directory];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (status !== 0) throw new Error(`the walk of ${directory} failed: ${stderr}`);
  return stdout.trimEnd().split('\n');
}
