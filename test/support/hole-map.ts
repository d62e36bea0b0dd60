import { closeSync, lstatSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { dataExtents } from '../../packages/uploader/src/filesystem/extents.ts';

/** Files of `expected` whose data and holes lie elsewhere in `actual`; empty when all agree. */
export function holeDifferences(expected: string, actual: string): readonly string[] {
  return readdirSync(expected, { withFileTypes: true }).flatMap((entry) => {
    const [want, is] = [join(expected, entry.name), join(actual, entry.name)];
    if (entry.isDirectory()) return holeDifferences(want, is);
    if (!entry.isFile() || extentsOf(want) === extentsOf(is)) return [];
    return [`${want}: data at ${extentsOf(is)}, not ${extentsOf(want)}`];
  });
}

function extentsOf(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const extents = [...dataExtents(fd, lstatSync(path).size)];
    return extents.map(({ start, end }) => `${start}-${end}`).join(' ');
  } finally {
    closeSync(fd);
  }
}
