import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';

import { at, makeChain, makeFile, type Place } from './place.ts';

const MIB = 1 << 20;

/** Sparse files: holes at the start, at the end, everywhere, small and many, and sizes that end within a block. */
export function makeHoles(place: Place): void {
  const block = Buffer.alloc(4096, 'data');
  makeSparse(place, 'leading', 8 * MIB, [8 * MIB - 4096], block);
  makeSparse(place, 'trailing', 8 * MIB + 17, [0], block);
  makeSparse(place, 'both', 8 * MIB + 17, [4 * MIB], block);
  makeSparse(place, 'all hole', 64 * MIB + 1, [], block);
  makeSparse(place, 'large', 200 * MIB, [0, 100 * MIB, 150 * MIB], Buffer.alloc(3 * MIB, 'large'));
  makeSparse(place, 'many small', 5000 * 8192, everyOther(5000), block);
  makeSparse(place, 'too many to list', 12_000 * 8192, everyOther(12_000), block);
  makeSparse(place, 'one byte', 1, [], block);
  makeFile(place, 'zeros without a hole', '\0'.repeat(MIB));
}

function everyOther(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i * 8192);
}

function makeSparse(place: Place, name: string, size: number, data: readonly number[], block: Buffer): void {
  const fd = openSync(at(place, name), 'w');
  ftruncateSync(fd, size);
  for (const position of data) writeSync(fd, block, 0, block.length, position);
  closeSync(fd);
}

/** A directory of a thousand entries and one of very many. */
export function makeLargeDirectories(place: Place): void {
  for (const [name, count] of [
    ['thousand', 1000],
    ['many', place.options.manyEntries],
  ] as const) {
    mkdirSync(at(place, name));
    for (let i = 0; i < count; i++)
      writeFileSync(`${place.directory}/${name}/entry-${i}`, i % 10 === 0 ? String(i) : '');
  }
}

/** Paths of 4,000 bytes below the root of the tree, with names as long as can be and as short as can be. */
export function makeLongPaths(place: Place): void {
  makeLongPath(place, LONG_PATH, 'x'.repeat(255));
  makeLongPath(place, LONG_PATH, 's');
}

const LONG_PATH = 4000;

/** A path beyond what the kernel takes at once, so that no program reaches it by its path. */
export function makeEndlessPath(place: Place): void {
  makeLongPath(place, 9000, 'y'.repeat(200));
}

function makeLongPath(place: Place, length: number, name: string): void {
  const count = Math.floor(length / (name.length + 1)) - 1;
  const rest = length - count * (name.length + 1);
  const names = Array.from({ length: count }, () => name);
  makeChain(place.directory, names, (deepest) => {
    writeFileSync(`${deepest}/${'f'.repeat(Math.min(rest, 255))}`, `at the end of ${length} bytes`);
    mkdirSync(`${deepest}/empty directory`);
  });
}
