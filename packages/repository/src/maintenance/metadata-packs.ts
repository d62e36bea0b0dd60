import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';

import { parseBlobId } from '../blob/blob-id.ts';
import { asLocalFiles } from '../blob/powers.ts';
import type { ContentCrypto } from '../content/content-format.ts';
import { LocalPacks } from '../content/local-packs.ts';
import { decodeContent } from '../content/decoder.ts';
import type { IndexEntry } from '../index/entry.ts';
import type { MaintenanceRunParts } from './parts.ts';

/** Reads contents that are scattered over few packs, which is what directories are: each pack is fetched once, whole, and
 *  kept on disk until the run ends. Packs that are local files already are read where they are. */
export class MetadataPacks implements Disposable {
  readonly #parts: MaintenanceRunParts;
  readonly #packs: LocalPacks;
  readonly #fetched = new Map<string, Promise<void>>();

  constructor(parts: MaintenanceRunParts) {
    this.#parts = parts;
    const local = asLocalFiles(parts.storage);
    this.#packs = new LocalPacks((pack) =>
      local === undefined ? this.#pathOf(pack) : local.localPath(parseBlobId(pack)),
    );
    if (local !== undefined) this.#fetch = () => Promise.resolve();
  }

  /** The plain bytes of a content; throws BLOB_NOT_FOUND, PACK_CORRUPT and what decoding throws. */
  async read(entry: IndexEntry): Promise<Uint8Array> {
    return decodeContent(this.#crypto, entry, await this.readStored(entry));
  }

  /** The stored bytes of a content. */
  async readStored(
    entry: Pick<IndexEntry, 'packBlobId' | 'packOffset' | 'packedLength'>,
  ): Promise<Uint8Array> {
    const { packBlobId } = entry;
    const fetched = this.#fetched.get(packBlobId) ?? this.#fetch(packBlobId);
    this.#fetched.set(packBlobId, fetched);
    await fetched;
    const stored = new Uint8Array(entry.packedLength);
    this.#packs.read(packBlobId, entry.packOffset, stored);
    return stored;
  }

  /** Whether this run has fetched the pack, so that reading it takes no request. */
  has(packBlobId: string): boolean {
    return this.#fetched.has(packBlobId);
  }

  [Symbol.dispose](): void {
    this.#packs.close();
  }

  #pathOf(packBlobId: string): string {
    return path.join(this.#parts.workDirectory, `${packBlobId}.pack`);
  }

  get #crypto(): ContentCrypto {
    return this.#parts.crypto;
  }

  /** Copies a pack to disk piece by piece, so that no pack is in memory as a whole. */
  #fetch = async (packBlobId: string): Promise<void> => {
    const { storage, signal } = this.#parts;
    const call = signal ? { signal } : {};
    const id = parseBlobId(packBlobId);
    const { length: total } = await storage.getMetadata(id, call);
    const fd = openSync(this.#pathOf(packBlobId), 'w', 0o600);
    try {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, total));
      for (let offset = 0; offset < total; offset += PIECE_BYTES) {
        const length = Math.min(PIECE_BYTES, total - offset);
        const into = piece.subarray(0, length);
        writeAll(fd, await storage.get(id, { offset, length }, { ...call, into }));
      }
    } finally {
      closeSync(fd);
    }
  };
}

const PIECE_BYTES = 4 << 20;

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done);
}
