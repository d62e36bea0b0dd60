import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

import type { BlobMetadata, BlobReader } from '../blob/storage.ts';
import { isOpenedFile } from '../sealed/opened-file.ts';
import type { SealingCrypto } from '../sealed/sealed-blob.ts';
import { openSealedFile } from '../sealed/sealed-file.ts';

/** What copies are made with. */
export interface IndexCopiesParts {
  readonly storage: BlobReader;
  readonly crypto: SealingCrypto;
  /** Created when missing. */
  readonly directory: string;
  /** Told of what is fetched. */
  readonly onFetch: (id: string) => void;
}

/** Index blobs in their decrypted form on the local disk, with kopia's names: both may use the same directory. A copy that was
 *  there before this process is checked when it is first asked for, and fetched again if it isn't what was stored. */
export class IndexCopies {
  readonly #parts: IndexCopiesParts;
  readonly #checked = new Set<string>();

  constructor(parts: IndexCopiesParts) {
    this.#parts = parts;
    mkdirSync(parts.directory, { recursive: true, mode: 0o700 });
  }

  /** Path of the copy of an index blob. What is large is fetched piece by piece. Throws BLOB_NOT_FOUND, CONTENT_CORRUPT. */
  async file({ id, length }: Pick<BlobMetadata, 'id' | 'length'>, signal?: AbortSignal): Promise<string> {
    const { storage, crypto, directory, onFetch } = this.#parts;
    const file = path.join(directory, copyName(id));
    if (this.#isSound(file, id)) return file;
    onFetch(id);
    const read = async (offset: number, wanted: number): Promise<Uint8Array> =>
      await storage.get(id, { offset, length: wanted }, { ...(signal && { signal }) });
    await openSealedFile(file, { id, length, read }, crypto);
    this.#checked.add(id);
    return file;
  }

  #isSound(file: string, id: BlobMetadata['id']): boolean {
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return false;
    if (this.#checked.has(id)) return true;
    if (!isOpenedFile(file, id, this.#parts.crypto)) return false;
    this.#checked.add(id);
    return true;
  }
}

/** File name of the copy of an index blob. Source: kopia repo/content/committed_content_index_disk_cache.go. */
export function copyName(id: string): string {
  return `${id}.sndx`;
}
