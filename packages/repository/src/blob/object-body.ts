import { Readable } from 'node:stream';
import { createHash, type Hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { RepositoryError } from '../errors.ts';
import { countYoungGarbage } from '../young-garbage.ts';
import { memoryFor } from './range.ts';
import type { WatchedCall } from './stall-limit.ts';
import type { BlobId } from './storage.ts';

/** Reads a response body of exactly `length` bytes, into `into` where that is given, else into an array of the caller's own.
 *  The stream is destroyed in any case. Throws STORAGE_FAILED when it ends early or goes on. */
export async function readBody(
  body: Readable,
  { id, length, into }: { readonly id: BlobId; readonly length: number; readonly into?: Uint8Array },
  { signal, progress }: WatchedCall,
): Promise<Uint8Array> {
  const bytes = memoryFor(length, into && { into });
  const onAbort = (): void => void body.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  let done = 0;
  try {
    for await (const chunk of body) {
      const piece = pieceOf(chunk);
      progress(piece.length);
      // 1 GiB took the process to 290 MiB without, 245 with, and half the time.
      countYoungGarbage(piece.length);
      if (done + piece.length > length) throw wrongLength(id, length, done + piece.length);
      bytes.set(piece, done);
      done += piece.length;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    body.destroy();
  }
  signal.throwIfAborted();
  if (done !== length) throw wrongLength(id, length, done);
  return bytes;
}

/** A request body that gives `parts` one after the other, without copying them. */
export function bodyOfParts(parts: readonly Uint8Array[], progress: WatchedCall['progress']): Readable {
  return Readable.from(watched(parts, progress), { objectMode: true, highWaterMark: 1 });
}

/** Digests of all bytes of `parts`, in the order of `algorithms`.
 *  Lets others run after each piece: 20 MiB of MD5 take 30 ms. */
export async function digestParts(
  parts: readonly Uint8Array[],
  algorithms: readonly ('md5' | 'sha256')[],
): Promise<Buffer[]> {
  const hashes: Hash[] = algorithms.map((algorithm) => createHash(algorithm));
  let since = 0;
  for (const part of parts) {
    for (let from = 0; from < part.length; from += PIECE_BYTES) {
      const piece = part.subarray(from, from + PIECE_BYTES);
      for (const hash of hashes) hash.update(piece);
      since += piece.length;
      if (since < PIECE_BYTES) continue;
      since = 0;
      await nextTurn();
    }
  }
  return hashes.map((hash) => hash.digest());
}

const PIECE_BYTES = 1 << 20;

function* watched(parts: readonly Uint8Array[], progress: WatchedCall['progress']): Generator<Uint8Array> {
  for (const part of parts) {
    // In pieces: each one that is taken shows that the connection still moves.
    for (let from = 0; from < part.length; from += PIECE_BYTES) {
      const piece = part.subarray(from, from + PIECE_BYTES);
      progress(piece.length);
      // What an SDK and a connection make of each piece: a backup to Azure takes 7 MiB less.
      countYoungGarbage(piece.length);
      yield piece;
    }
  }
}

function pieceOf(chunk: unknown): Uint8Array {
  return chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
}

function wrongLength(id: BlobId, expected: number, got: number): RepositoryError {
  return new RepositoryError(
    'STORAGE_FAILED',
    `the storage sent ${got} bytes of blob ${id} instead of ${expected}`,
    {
      blob: id,
      expected,
      got,
    },
  );
}
