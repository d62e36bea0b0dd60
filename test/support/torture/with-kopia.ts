import { spawnSync } from 'node:child_process';

import { findTool, openTool, type Tool } from '../tools.ts';

/** kopia, connected to the repository; undefined when it isn't on PATH. */
export function useKopia(repository: string): Tool | undefined {
  if (!findTool('kopia')) return undefined;
  const kopia = openTool('kopia');
  kopia.mustRun(['repository', 'connect', 'filesystem', '--path', repository]);
  return kopia;
}

/** A restore that kopia is to do. */
export interface KopiaRestore {
  readonly id: string;
  readonly target: string;
  /** What Holdfast restored of it. */
  readonly expected: string;
}

/** Lets kopia list, verify and restore the snapshot, and tells how what it restored differs in what kopia can express. */
export function kopiaRestoreDifferences(
  kopia: Tool,
  { id, target, expected }: KopiaRestore,
): readonly string[] {
  const list = kopia.mustRun(['snapshot', 'list', '--all']);
  if (!list.includes('/source')) throw new Error(`kopia lists no snapshot of the tree:\n${list}`);
  kopia.mustRun(['snapshot', 'verify', '--verify-files-percent=100']);
  kopia.mustRun(['restore', id, target]);
  // kopia gives links and some directories times that are off by less than a second.
  const flags = ['-rlptgonO', '--checksum', '--itemize-changes', '--modify-window=1'];
  const left = EXCLUDED.map((pattern) => `--exclude=${pattern}`);
  const { status, stdout, stderr } = spawnSync('rsync', [...flags, ...left, `${expected}/`, `${target}/`], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`rsync ended with ${status}: ${stderr}`);
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('skipping non-regular file'));
}

/** What rsync can't reach, what kopia can't tell apart, and what is too late for its clock, which ends in 2262. */
const EXCLUDED = ['/long', '/names', '/times/* of 2400'];
