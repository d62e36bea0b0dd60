import { closeSync, constants, openSync, readSync } from 'node:fs';
import { UploaderError } from '../errors.ts';
import type { NodePath } from './path.ts';

const PIECE_BYTES = 64 << 10;

/** What is known of such a file. */
interface SmallFile {
  /** For messages. */
  readonly name: string;
  /** Bytes. */
  readonly limit: number;
}

/** The bytes of a file that is small unless somebody means harm; links are followed. What has no end, such as a device, is as far
 *  too large as any other file, and a FIFO is empty.
 *  Throws FILE_TOO_LARGE, having read little more than `limit`, and what the operating system says. */
export function readSmallFile(path: NodePath, { name, limit }: SmallFile): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const pieces: Buffer[] = [];
    let length = 0;
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      const count = readSync(fd, piece);
      if (count === 0) return Buffer.concat(pieces, length);
      pieces.push(piece.subarray(0, count));
      length += count;
      if (length > limit) throw tooLarge(name, limit);
    }
  } finally {
    closeSync(fd);
  }
}

function tooLarge(name: string, limit: number): UploaderError {
  const message = `${name} is larger than ${limit >> 20} MiB, which none of its kind needs to be`;
  return new UploaderError('FILE_TOO_LARGE', message, { limit });
}
