import { randomFillSync } from 'node:crypto';
import { BUZHASH_TABLE } from '../../packages/repository/src/splitter/buzhash-table.ts';
import {
  createScan,
  SPLITTER_SCRATCH_BYTES,
  type SplitterMemory,
} from '../../packages/repository/src/splitter/kernel.ts';
import { createSplitter } from '../../packages/repository/src/splitter/registry.ts';
import type { Splitter } from '../../packages/repository/src/splitter/splitter.ts';
import { measureKernel } from './measure.ts';

const LENGTH = 32 << 20;
const FIRST = 65;
const NEVER = -1; // a mask of 32 bits: practically no window hashes to zero

const target: SplitterMemory = {
  memory: new WebAssembly.Memory({ initial: (SPLITTER_SCRATCH_BYTES + LENGTH) / 65536 }),
  scratch: 0,
};
const inPlace = randomFillSync(new Uint8Array(target.memory.buffer, SPLITTER_SCRATCH_BYTES, LENGTH));
const elsewhere = Uint8Array.from(inPlace);

console.log('every byte hashed, none skipped');
measureKernel('buzhash, JavaScript', LENGTH, () => scanInJavaScript(elsewhere, NEVER));
for (const [algorithm, name] of [
  ['DYNAMIC-4M-BUZHASH', 'buzhash'],
  ['DYNAMIC-4M-RABINKARP', 'rabinkarp'],
] as const) {
  createSplitter(algorithm, target); // fills the tables
  const scan = createScan(name, target, NEVER);
  measureKernel(`${name}, WebAssembly, in place`, LENGTH, () => scan(inPlace, FIRST, LENGTH - FIRST));
  measureKernel(`${name}, WebAssembly, copied`, LENGTH, () => scan(elsewhere, FIRST, LENGTH - FIRST));
}

console.log('cutting a stream');
for (const name of ['DYNAMIC-4M-BUZHASH', 'DYNAMIC-1M-BUZHASH', 'DYNAMIC-4M-RABINKARP']) {
  const splitter = createSplitter(name, target);
  measureKernel(`${name}, in place`, LENGTH, () => cutAll(splitter, inPlace));
  measureKernel(`${name}, copied`, LENGTH, () => cutAll(splitter, elsewhere));
}

function cutAll(splitter: Splitter, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length;) {
    const length = splitter.nextCut(bytes, from);
    if (length < 0) return;
    from += length;
  }
}

/** The plain loop that WebAssembly has to beat: state in locals, signed 32-bit table. */
function scanInJavaScript(bytes: Uint8Array, mask: number): number {
  const table = Int32Array.from(BUZHASH_TABLE, (value) => value | 0);
  let hash = 0;
  for (let at = 0; at < 64; at++) hash = ((hash << 1) | (hash >>> 31)) ^ (table[bytes[at] ?? 0] ?? 0);
  for (let at = 64; at < bytes.length; at++) {
    hash = ((hash << 1) | (hash >>> 31)) ^ (table[bytes[at - 64] ?? 0] ?? 0) ^ (table[bytes[at] ?? 0] ?? 0);
    if ((hash & mask) === 0) return at + 1;
  }
  return -1;
}
