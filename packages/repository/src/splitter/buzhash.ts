import { BUZHASH_TABLE } from './buzhash-table.ts';
import { createDynamic } from './dynamic.ts';
import { BUZHASH_TABLE_AT, createScan, type SplitterMemory } from './kernel.ts';
import type { Splitter } from './splitter.ts';

/** Cuts by a 32-bit cyclic polynomial: the hash of a window is the xor of T[byte], each turned left once for every byte
 *  that follows. A window of two equal halves hashes to 0, so constant bytes are cut at the smallest size. */
export function createBuzhash(average: number, target: SplitterMemory): Splitter {
  new Uint32Array(target.memory.buffer, target.scratch + BUZHASH_TABLE_AT, 256).set(BUZHASH_TABLE);
  return createDynamic(average, createScan('buzhash', target, average - 1));
}
