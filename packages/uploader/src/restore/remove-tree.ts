import { rmdirSync, unlinkSync } from 'node:fs';
import { listNames } from '../filesystem/list.ts';
import type { NameList } from '../filesystem/name-list.ts';
import { openDirHandle } from '../filesystem/path.ts';
import { type EntryKind, lstatAt } from '../filesystem/stat.ts';

/** Removes the child `name` of a directory, whatever it is and whatever is in it, and says what it was. Byte paths of any
 *  length; follows no links. Throws what the operating system says; what was removed until then stays so. */
export function removeTree(directory: string, name: string): EntryKind {
  const handle = openDirHandle(directory);
  try {
    const { kind } = lstatAt(handle, name);
    if (kind !== 'directory') unlinkSync(handle.child(name));
    else {
      const path = `${directory}/${name}`;
      const names = namesIn(path);
      for (let i = 0; i < names.length; i++) removeTree(path, names.name(i));
      rmdirSync(handle.child(name));
    }
    return kind;
  } finally {
    handle.close();
  }
}

/** What is in a directory. The descriptor is closed again: a tree may be deeper than files may be open. */
export function namesIn(directory: string): NameList {
  const handle = openDirHandle(directory);
  try {
    return listNames(handle);
  } finally {
    handle.close();
  }
}
