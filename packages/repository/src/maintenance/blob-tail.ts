import type { BlobId, BlobMetadata, BlobRange, BlobReader, CallOptions } from '../blob/storage.ts';

/** The end of one blob, which grows towards its beginning as more of it is asked for: nothing is fetched twice. */
export class BlobTail implements Pick<BlobReader, 'get' | 'getMetadata'> {
  readonly #storage: Pick<BlobReader, 'get' | 'getMetadata'>;
  readonly #options: CallOptions;
  #start = Infinity;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(storage: Pick<BlobReader, 'get' | 'getMetadata'>, options: CallOptions) {
    this.#storage = storage;
    this.#options = options;
  }

  async getMetadata(id: BlobId): Promise<BlobMetadata> {
    const metadata = await this.#storage.getMetadata(id, this.#options);
    this.#start = Math.min(this.#start, metadata.length);
    return metadata;
  }

  async get(id: BlobId, range: BlobRange = { offset: 0 }): Promise<Uint8Array> {
    const { offset, length = Infinity } = range;
    if (offset < this.#start) {
      const missing = { offset, length: this.#start - offset };
      const before = await this.#storage.get(id, missing, this.#options);
      this.#bytes = Buffer.concat([before, this.#bytes]);
      this.#start = offset;
    }
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length);
  }
}
