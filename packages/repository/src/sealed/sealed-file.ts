import { randomBytes } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

import type { BlobId } from '../blob/storage.ts';
import type { StoredBytes } from '../ecc/ecc.ts';
import type { ByteSink } from '../encryption/cipher.ts';
import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import { ivOfBlob, namingBlob, openSealedBlob, type SealingCrypto } from './sealed-blob.ts';

/** A sealed blob that is fetched in parts. */
export interface SealedSource extends StoredBytes {
  readonly id: BlobId;
}

/** Up to this many bytes a blob is fetched at once and opened in memory. */
const IN_MEMORY_BYTES = 4 << 20;

/** Opens a sealed blob of any length into a private file, which appears under its name, whole, when the blob has proved to be
 *  what was sealed; nothing is left of it otherwise. Memory is a few pieces. Throws what `openSealedBlob` and `read` throw. */
export async function openSealedFile(
  file: string,
  source: SealedSource,
  crypto: SealingCrypto,
  pieceBytes: number = IN_MEMORY_BYTES,
): Promise<void> {
  const partial = new PartialFile(file);
  try {
    if (source.length <= pieceBytes)
      partial.write(openSealedBlob(source.id, await source.read(0, source.length), crypto));
    else await openPieces(source, crypto, pieceBytes, partial);
    partial.finish();
  } catch (error) {
    partial.abandon();
    throw repositoryErrorCode(error) === 'BLOB_RANGE_INVALID' ? tooShort(source, error) : error;
  }
}

function tooShort({ id, length }: SealedSource, cause: unknown): RepositoryError {
  const message = `blob ${id} is shorter than the ${length} bytes that the storage lists`;
  return new RepositoryError('CONTENT_CORRUPT', message, { blob: id, length }, cause);
}

async function openPieces(
  source: SealedSource,
  { cipher, ecc }: SealingCrypto,
  pieceBytes: number,
  sink: ByteSink,
): Promise<void> {
  const iv = ivOfBlob(source.id);
  await namingBlob(source.id, async () => {
    const decryption = cipher.decryptPieces(iv, sink);
    const pieces = ecc?.decodePieces(source, pieceBytes) ?? piecesOf(source, pieceBytes);
    for await (const piece of pieces) decryption.write(piece);
    decryption.finish();
  });
}

/** The next piece is fetched while one is worked on. */
async function* piecesOf(source: StoredBytes, pieceBytes: number): AsyncGenerator<Uint8Array> {
  const fetchAt = async (at: number): Promise<Uint8Array> =>
    await source.read(at, Math.min(pieceBytes, source.length - at));
  let next = fetchAt(0);
  for (let at = pieceBytes; at < source.length; at += pieceBytes) {
    const piece = await next;
    next = fetchAt(at);
    // Whoever stops listening must not be told of its failure.
    next.catch(() => undefined);
    yield piece;
  }
  yield await next;
}

const BUFFER_BYTES = 256 << 10;

/** A file under a name of its own until it is complete, written through a buffer. */
class PartialFile implements ByteSink {
  readonly #path: string;
  readonly #partial: string;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #used = 0;
  #isOpen = true;

  constructor(path: string) {
    this.#path = path;
    this.#partial = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    this.#fd = openSync(this.#partial, 'w', 0o600);
  }

  write(bytes: Uint8Array): void {
    if (bytes.length > BUFFER_BYTES - this.#used) this.#flush();
    if (bytes.length > BUFFER_BYTES) return writeAll(this.#fd, bytes);
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  finish(): void {
    this.#flush();
    this.#close();
    renameSync(this.#partial, this.#path);
  }

  abandon(): void {
    this.#close();
    rmSync(this.#partial, { force: true });
  }

  #flush(): void {
    writeAll(this.#fd, this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done);
}
