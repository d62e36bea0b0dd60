import { closeSync, openSync, readSync } from 'node:fs';

import { RepositoryError } from '../errors.ts';
import type { IndexEntry } from '../index/entry.ts';
import type { ContentCrypto } from './content-format.ts';
import { type ContentId, contentKey } from './content-id.ts';
import { decodeContent } from './decoder.ts';
import type { IndexFiles } from './index-files.ts';

/** Reads packs that are local files, in one thread, with synchronous calls. */
export class LocalPacks {
  readonly #locate: (packBlobId: string) => string;
  readonly #open = new Map<string, number>();

  /** `locate` gives the path of a pack's file, fetching the pack first if need be. */
  constructor(locate: (packBlobId: string) => string) {
    this.#locate = locate;
  }

  /** Fills `out` from `offset` of the pack; throws PACK_CORRUPT when the pack ends before. */
  read(packBlobId: string, offset: number, out: Uint8Array): void {
    const fd = this.#descriptor(packBlobId);
    let done = 0;
    while (done < out.length) {
      const count = readSync(fd, out, done, out.length - done, offset + done);
      if (count === 0) throw tooShort(packBlobId, offset + out.length);
      done += count;
    }
  }

  close(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  #descriptor(packBlobId: string): number {
    const known = this.#open.get(packBlobId);
    if (known !== undefined) {
      this.#open.delete(packBlobId);
      this.#open.set(packBlobId, known);
      return known;
    }
    if (this.#open.size >= MAX_OPEN) this.#closeOldest();
    const fd = openPack(packBlobId, this.#locate(packBlobId));
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

/** Reads one content through local packs; throws as `ContentStore.read` does. */
export function readLocalContent(
  id: ContentId,
  from: { readonly files: IndexFiles; readonly packs: LocalPacks; readonly crypto: ContentCrypto },
): Uint8Array {
  const entry = from.files.find(contentKey(id));
  if (entry === undefined)
    throw new RepositoryError('CONTENT_NOT_FOUND', `content ${id} is in no index`, { content: id });
  return decodeContent(from.crypto, entry, readStored(entry, from.packs));
}

function readStored(entry: IndexEntry, packs: LocalPacks): Uint8Array {
  const stored = new Uint8Array(entry.packedLength);
  packs.read(entry.packBlobId, entry.packOffset, stored);
  return stored;
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
