import { closeSync } from 'node:fs';

import { dataExtents, holesBetween, mayHaveHoles } from '../filesystem/extents.ts';
import type { DirHandle, NodePath } from '../filesystem/path.ts';
import { openForReading } from '../filesystem/read.ts';
import type { FileStat } from '../filesystem/stat.ts';
import { readXattrsAt } from '../filesystem/xattr.ts';
import type { EntryExtra, Hole } from '../snapshot/extra.ts';
import { type ByteName, byteNameFromLatin1 } from '../snapshot/names.ts';

/** What of a file kopia's entry can't express; undefined for the plain files that most are. */
export function entryExtra(
  directory: DirHandle,
  name: ByteName,
  visibleName: ByteName,
  stat: FileStat,
): EntryExtra | undefined {
  const isLinked = stat.nlink > 1 && stat.kind !== 'directory';
  const xattrs = readXattrsAt(directory, name);
  const holes = mayHaveHoles(stat) ? holesOf(directory.child(name), stat.size) : undefined;
  if (!isLinked && visibleName === name && xattrs.length === 0 && holes === undefined) return undefined;
  return {
    ...(visibleName !== name && { rawName: name }),
    ...(isLinked && { hardLink: hardLinkGroup(stat) }),
    ...(xattrs.length > 0 && {
      xattrs: xattrs.map(([attribute, value]) => ({ name: byteNameFromLatin1(attribute), value })),
    }),
    ...(holes !== undefined && { holes }),
  };
}

/** The holes of a file; undefined when it has none, empty when it has too many to list. */
function holesOf(path: NodePath, size: number): readonly Hole[] | undefined {
  const fd = openForReading(path);
  try {
    const holes: Hole[] = [];
    for (const { start, end } of holesBetween(dataExtents(fd, size), size)) {
      if (holes.length >= MAX_HOLES) return [];
      holes.push({ start, length: end - start });
    }
    return holes.length === 0 ? undefined : holes;
  } finally {
    closeSync(fd);
  }
}

/** A directory entry with more would be megabytes long. */
const MAX_HOLES = 10_000;

/** Names the file among all that one snapshot can hold. */
function hardLinkGroup({ dev, ino }: FileStat): string {
  return `${dev.toString(16)}-${ino.toString(16)}`;
}
