import { RepositoryError } from '../errors.ts';
import { createBuzhash } from './buzhash.ts';
import { createFixed } from './fixed.ts';
import { SPLITTER_SCRATCH_BYTES, type SplitterMemory } from './kernel.ts';
import { createRabinKarp } from './rabinkarp.ts';
import type { Splitter } from './splitter.ts';

/** Makes a splitter that may work in the given memory. */
export type SplitterFactory = (target: SplitterMemory) => Splitter;

const KIB = 1024;
const MIB = 1024 * KIB;
const fixed = (size: number) => () => createFixed(size);
const buzhash = (average: number) => (target: SplitterMemory) => createBuzhash(average, target);
const rabinkarp = (average: number) => (target: SplitterMemory) => createRabinKarp(average, target);

/** Every splitter of the format by name. */
export const SPLITTERS: Readonly<Record<string, SplitterFactory>> = {
  'FIXED-128K': fixed(128 * KIB),
  'FIXED-256K': fixed(256 * KIB),
  'FIXED-512K': fixed(512 * KIB),
  'FIXED-1M': fixed(MIB),
  'FIXED-2M': fixed(2 * MIB),
  'FIXED-4M': fixed(4 * MIB),
  'FIXED-8M': fixed(8 * MIB),
  'DYNAMIC-128K-BUZHASH': buzhash(128 * KIB),
  'DYNAMIC-256K-BUZHASH': buzhash(256 * KIB),
  'DYNAMIC-512K-BUZHASH': buzhash(512 * KIB),
  'DYNAMIC-1M-BUZHASH': buzhash(MIB),
  'DYNAMIC-2M-BUZHASH': buzhash(2 * MIB),
  'DYNAMIC-4M-BUZHASH': buzhash(4 * MIB),
  'DYNAMIC-8M-BUZHASH': buzhash(8 * MIB),
  'DYNAMIC-128K-RABINKARP': rabinkarp(128 * KIB),
  'DYNAMIC-256K-RABINKARP': rabinkarp(256 * KIB),
  'DYNAMIC-512K-RABINKARP': rabinkarp(512 * KIB),
  'DYNAMIC-1M-RABINKARP': rabinkarp(MIB),
  'DYNAMIC-2M-RABINKARP': rabinkarp(2 * MIB),
  'DYNAMIC-4M-RABINKARP': rabinkarp(4 * MIB),
  'DYNAMIC-8M-RABINKARP': rabinkarp(8 * MIB),
  // names of old repositories
  FIXED: fixed(4 * MIB),
  DYNAMIC: buzhash(4 * MIB),
};

/** Splitter of new repositories. */
export const DEFAULT_SPLITTER = 'DYNAMIC-4M-BUZHASH';

/** Makes the splitter `name`. Without `target` it works in a page of its own and copies what it scans.
 *  Throws ALGORITHM_UNKNOWN. */
export function createSplitter(name: string, target: SplitterMemory = newScratch()): Splitter {
  const factory = Object.hasOwn(SPLITTERS, name) ? SPLITTERS[name] : undefined;
  if (factory === undefined) {
    throw new RepositoryError('ALGORITHM_UNKNOWN', `unknown splitter ${JSON.stringify(name)}`, {
      splitter: name,
    });
  }
  return factory(target);
}

function newScratch(): SplitterMemory {
  return { memory: new WebAssembly.Memory({ initial: SPLITTER_SCRATCH_BYTES / 65536 }), scratch: 0 };
}
