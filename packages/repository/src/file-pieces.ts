import { closeSync, openSync, readSync } from 'node:fs';

/** The bytes of a file, in memory for one piece that is overwritten by the next. `end` limits them. Throws system errors. */
export function* filePieces(file: string, end: number = Infinity): Generator<Uint8Array, void, undefined> {
  const fd = openSync(file, 'r');
  try {
    const piece = new Uint8Array(PIECE_BYTES);
    for (let at = 0; at < end;) {
      const count = readSync(fd, piece, 0, Math.min(piece.length, end - at), at);
      if (count === 0) return;
      yield piece.subarray(0, count);
      at += count;
    }
  } finally {
    closeSync(fd);
  }
}

/** Fits into the processor's cache. */
const PIECE_BYTES = 256 << 10;
