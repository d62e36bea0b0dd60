import { appendFileSync, closeSync, fstatSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import { crc32 } from 'node:zlib';

import { errnoName } from '../blob/errno.ts';
import { filePieces } from '../file-pieces.ts';
import type { IndexCursor } from '../index/cursor.ts';
import { writeMergedIndex } from '../index/merge.ts';

/* A merged index lies on a disk for weeks, and nothing in it would tell a flipped bit from a fact. So it ends with a seal, which
 * readers of indexes pass over: 4 bytes "Hfm1", then the CRC-32 of all before, big-endian. Not a keyed hash: whoever may write
 * here has the user's rights anyway, and of 300 MB (five million contents) a CRC takes 0.05 s, an HMAC-SHA256 0.2 s, for each
 * command. */
const MARK = Buffer.from('Hfm1');
const SEAL_BYTES = 8;

/** Merges cursors into a sealed index file, which appears under its name when it is complete; throws as `writeMergedIndex`
 *  does. */
export function writeSealedMerge(file: string, cursors: readonly IndexCursor[]): void {
  const unsealed = `${file}.${process.pid}-${threadId}.unsealed`;
  try {
    writeMergedIndex(unsealed, cursors);
    appendFileSync(unsealed, sealOf(unsealed, Infinity));
    renameSync(unsealed, file);
  } catch (error) {
    rmSync(unsealed, { force: true });
    throw error;
  }
}

/** Whether a file is as `writeSealedMerge` left it; reads all of it. One that can't be read is not. */
export function isSealedMerge(file: string): boolean {
  try {
    const { seal, end } = readSeal(file);
    // A file without the mark needs no reading.
    return seal.subarray(0, MARK.length).equals(MARK) && sealOf(file, end).equals(seal);
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
    return false;
  }
}

function readSeal(file: string): { readonly seal: Buffer; readonly end: number } {
  const fd = openSync(file, 'r');
  try {
    const end = Math.max(0, fstatSync(fd).size - SEAL_BYTES);
    const seal = Buffer.alloc(SEAL_BYTES);
    readSync(fd, seal, 0, SEAL_BYTES, end);
    return { seal, end };
  } finally {
    closeSync(fd);
  }
}

function sealOf(file: string, end: number): Buffer {
  let crc = 0;
  for (const piece of filePieces(file, end)) crc = crc32(piece, crc);
  const seal = Buffer.alloc(SEAL_BYTES);
  seal.set(MARK);
  seal.writeUInt32BE(crc, MARK.length);
  return seal;
}
