import { type DirHandle } from '../filesystem/path.ts';
import { type FileStat } from '../filesystem/stat.ts';
import { readXattrs } from '../filesystem/xattr.ts';
import { type EntryExtra } from '../snapshot/extra.ts';
import { type ByteName, byteNameFromLatin1 } from '../snapshot/names.ts';

/** What of a file kopia's entry can't express; undefined for the plain files that most are. */
export function entryExtra(
  directory: DirHandle,
  name: ByteName,
  visibleName: ByteName,
  stat: FileStat,
): EntryExtra | undefined {
  const isLinked = stat.nlink > 1 && stat.kind !== 'directory';
  const xattrs = readXattrs(directory.child(name));
  if (!isLinked && visibleName === name && xattrs.length === 0) return undefined;
  return {
    ...(visibleName !== name && { rawName: name }),
    ...(isLinked && { hardLink: hardLinkGroup(stat) }),
    ...(xattrs.length > 0 && {
      xattrs: xattrs.map(([attribute, value]) => ({ name: byteNameFromLatin1(attribute), value })),
    }),
  };
}

/** Names the file among all that one snapshot can hold. */
function hardLinkGroup({ dev, ino }: FileStat): string {
  return `${dev.toString(16)}-${ino.toString(16)}`;
}
