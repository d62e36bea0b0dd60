import { mkdirSync } from 'node:fs';

import { makeAcls, makeCapabilities, makeModes, makeOwners, makeTimes, makeXattrs } from './attributes.ts';
import { makeHoles, makeLargeDirectories, makeLongPaths } from './content.ts';
import { makeHardLinks, makeKinds } from './kinds.ts';
import { makeNames } from './names.ts';
import type { Place, TortureOptions } from './place.ts';

const PARTS: Readonly<Record<string, (place: Place) => void>> = {
  kinds: makeKinds,
  'hard links': makeHardLinks,
  attributes: makeXattrs,
  acls: makeAcls,
  capabilities: makeCapabilities,
  modes: makeModes,
  owners: makeOwners,
  times: makeTimes,
  holes: makeHoles,
  large: makeLargeDirectories,
  long: makeLongPaths,
  names: makeNames,
};

/** Makes a tree with everything a Linux file system can hold, or one part of it; returns what this user or file system
 *  can't make. `root` must not exist and be short, so that its longest paths are within the kernel's limit. */
export function makeTortureTree(root: string, options: TortureOptions): readonly string[] {
  const notes: string[] = [];
  mkdirSync(root);
  for (const [name, make] of Object.entries(PARTS)) {
    const directory = `${root}/${name}`;
    mkdirSync(directory);
    make({ directory, options, note: (what) => notes.push(`${name}: ${what}`) });
  }
  return notes;
}
