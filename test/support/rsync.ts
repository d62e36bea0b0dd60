import { spawnSync } from 'node:child_process';

/** Whether this machine has rsync, the judge of restored trees that is not ours. */
export const hasRsync: boolean = spawnSync('rsync', ['--version']).status === 0;

/** What is left out of a comparison. */
export interface RsyncOptions {
  /** Patterns of rsync; one that starts with a slash is relative to the trees. */
  readonly exclude?: readonly string[];
}

/** What rsync would change in `actual` to make it `expected`: a line for each difference in data, attributes, hard links,
 *  special files and, where rsync was built with them, extended attributes and ACLs. Empty when the trees are the same. */
export function rsyncDifferences(
  expected: string,
  actual: string,
  { exclude = [] }: RsyncOptions = {},
): readonly string[] {
  const flags = ['-aHn', '--checksum', '--itemize-changes', '--delete', '--modify-window=-1'];
  const excluded = exclude.map((pattern) => `--exclude=${pattern}`);
  const { status, stdout, stderr } = spawnSync(
    'rsync',
    [...flags, ...extended(), ...excluded, `${expected}/`, `${actual}/`],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  if (status !== 0) throw new Error(`rsync ended with ${status}: ${stderr}`);
  return stdout.split('\n').filter(Boolean);
}

function extended(): readonly string[] {
  const { stdout } = spawnSync('rsync', ['--version'], { encoding: 'utf8' });
  return [...(/no xattrs/.test(stdout) ? [] : ['--xattrs']), ...(/no ACLs/.test(stdout) ? [] : ['--acls'])];
}
