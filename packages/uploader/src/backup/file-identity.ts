import type { FileStat } from '../filesystem/stat.ts';
import type { FileIdentity } from './tasks.ts';

/** What must stay the same for a file to count as the same and unchanged. */
export function fileIdentity({ dev, ino, size, mtimeNs, ctimeNs }: FileStat): FileIdentity {
  return { dev, ino, size, mtimeNs, ctimeNs };
}

/** Whether `stat` is of the file that `identity` was taken of, not written to since. */
export function isSameFile(identity: FileIdentity, stat: FileStat): boolean {
  return (
    identity.ino === stat.ino &&
    identity.dev === stat.dev &&
    identity.size === stat.size &&
    identity.mtimeNs === stat.mtimeNs &&
    identity.ctimeNs === stat.ctimeNs
  );
}
