import type { FileStat } from '../filesystem/stat.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';

/** Whether an entry of a previous snapshot still describes the file, so that its object can be reused.
 *  Source: kopia snapshot/upload/upload.go (metadataEquals): time, mode, owner and size, nothing else. */
export function isUnchangedSince(previous: DirectoryEntry, stat: FileStat): boolean {
  return (
    previous.type === entryTypeOf(stat) &&
    previous.mtimeNs === stat.mtimeNs &&
    previous.size === stat.size &&
    previous.mode === stat.mode &&
    previous.uid === stat.uid &&
    previous.gid === stat.gid
  );
}

/** The snapshot's type of a file, or undefined for what is neither file, directory nor symbolic link. */
export function entryTypeOf(stat: FileStat): DirectoryEntry['type'] | undefined {
  switch (stat.kind) {
    case 'file':
      return 'f';
    case 'directory':
      return 'd';
    case 'symlink':
      return 's';
    case 'fifo':
    case 'socket':
    case 'character':
    case 'block':
    case 'unknown':
      return undefined;
  }
}
