import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { seededRandom } from './seeded-random.ts';

/** Writes a directory whose files need the whole of a splitter with chunks of `chunkLength`: text of several chunks, which every
 *  compressor makes smaller, noise of more than one, which none does, and files of few bytes. */
export function writeFormatTree(root: string, chunkLength: number): void {
  mkdirSync(join(root, 'below'), { recursive: true });
  writeFileSync(join(root, 'empty'), '');
  writeFileSync(join(root, 'byte'), 'x');
  writeFileSync(join(root, 'below', 'small'), text(3000, 1));
  writeFileSync(join(root, 'text'), text(chunkLength * 2.5, 2));
  writeFileSync(join(root, 'noise'), noise(chunkLength * 1.5, 3));
}

/** What is new in the second snapshot: a file that must be stored, and one whose data is there already. */
export function addToFormatTree(root: string): void {
  writeFileSync(join(root, 'added'), text(100_000, 4));
  copyFileSync(join(root, 'text'), join(root, 'copy-of-text'));
}

/** Lines that compress to perhaps a third, but nowhere repeat. */
function text(length: number, seed: number): Buffer {
  const random = seededRandom(seed);
  const bytes = Buffer.alloc(length);
  for (let at = 0, line = 0; at < length; line++)
    at += bytes.write(`line ${line} says ${Math.floor(random() * 2 ** 32)}\n`, at, 'latin1');
  return bytes;
}

function noise(length: number, seed: number): Buffer {
  const random = seededRandom(seed);
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 2 <= length; at += 2) bytes.writeUInt16LE(Math.floor(random() * 65536), at);
  return bytes;
}
