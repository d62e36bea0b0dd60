import { closeSync, openSync, readSync } from 'node:fs';

import { RepositoryError } from '../errors.ts';

/** Reads packs that are local files, in one thread, with synchronous calls. */
export class LocalPacks {
  readonly #locate: (packBlobId: string) => string | undefined;
  readonly #open = new Map<string, number>();

  /** `locate` gives the path of a pack's file, or undefined where there is none. */
  constructor(locate: (packBlobId: string) => string | undefined) {
    this.#locate = locate;
  }

  /** Fills `out` from `offset` of the pack, unless it has no file. Throws PACK_CORRUPT when the pack ends before,
   *  BLOB_NOT_FOUND when its file can't be opened. */
  read(packBlobId: string, offset: number, out: Uint8Array): boolean {
    const fd = this.#descriptor(packBlobId);
    if (fd === undefined) return false;
    let done = 0;
    while (done < out.length) {
      const count = readSync(fd, out, done, out.length - done, offset + done);
      if (count === 0) throw tooShort(packBlobId, offset + out.length);
      done += count;
    }
    return true;
  }

  close(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  #descriptor(packBlobId: string): number | undefined {
    const known = this.#open.get(packBlobId);
    if (known !== undefined) {
      this.#open.delete(packBlobId);
      this.#open.set(packBlobId, known);
      return known;
    }
    const path = this.#locate(packBlobId);
    if (path === undefined) return undefined;
    if (this.#open.size >= MAX_OPEN) this.#closeOldest();
    const fd = openPack(packBlobId, path);
    this.#open.set(packBlobId, fd);
    return fd;
  }

  #closeOldest(): void {
    const [oldest] = this.#open;
    if (oldest === undefined) return;
    closeSync(oldest[1]);
    this.#open.delete(oldest[0]);
  }
}

const MAX_OPEN = 64;

function openPack(packBlobId: string, path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new RepositoryError(
      'BLOB_NOT_FOUND',
      `pack ${packBlobId} is missing from storage or can't be read`,
      { blob: packBlobId },
      error,
    );
  }
}

function tooShort(packBlobId: string, needed: number): RepositoryError {
  return new RepositoryError(
    'PACK_CORRUPT',
    `pack ${packBlobId} is shorter than the index says (${needed} bytes needed): it was cut off`,
    { blob: packBlobId, needed },
  );
}
