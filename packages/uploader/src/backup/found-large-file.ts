import type { DirHandle } from '../filesystem/path.ts';
import type { FileStat } from '../filesystem/stat.ts';
import type { ByteName } from '../snapshot/names.ts';
import { entryExtra } from './entry-extra.ts';
import { fileIdentity } from './file-identity.ts';
import type { LargeFile } from './tasks.ts';

/** A large file of a directory as it looks now. Throws what the operating system says. */
export function foundLargeFile(
  directory: DirHandle,
  name: ByteName,
  visibleName: ByteName,
  stat: FileStat,
): LargeFile {
  const { mode, size, mtimeNs, uid, gid } = stat;
  return {
    name,
    visibleName,
    attributes: { mode, size, mtimeNs, uid, gid },
    identity: fileIdentity(stat),
    extra: entryExtra(directory, name, visibleName, stat),
  };
}
