import type { ContentId, ContentPrefix } from '../content/content-id.ts';
import type { Splitter } from '../splitter/splitter.ts';
import { encodeIndirect, type IndirectEntry } from './indirect.ts';
import { directObjectId, indirectObjectId, type ObjectId } from './object-id.ts';

/** Where an object's contents go. */
export interface ContentSink {
  /** Stores `data`, which is only read and free again when this resolves. */
  write(prefix: ContentPrefix, data: Uint8Array, compressor: string): Promise<ContentId>;
}

/** How an object is stored. */
export interface ObjectOptions {
  readonly prefix: ContentPrefix;
  /** '' or 'none' for none. */
  readonly compressor: string;
  /** For the list of parts of an object that is cut. */
  readonly metadataCompressor: string;
  readonly splitter: Splitter;
  /** The repository's own splitter, which cuts lists of parts. */
  readonly listSplitter: Splitter;
}

/** Cuts a byte stream into contents. Holds at most one chunk. */
export class ObjectWriter {
  readonly #sink: ContentSink;
  readonly #options: ObjectOptions;
  readonly #parts: IndirectEntry[] = [];
  #buffer: Uint8Array;
  #used = 0;
  #written = 0;

  constructor(sink: ContentSink, options: ObjectOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#buffer = new Uint8Array(INITIAL_BUFFER);
  }

  /** A copy that stores through `sink` and can be finished by itself, leaving this one as it is. */
  fork(sink: ContentSink): ObjectWriter {
    const fork = new ObjectWriter(sink, this.#options);
    fork.#parts.push(...this.#parts);
    fork.#buffer = this.#buffer.slice();
    fork.#used = this.#used;
    fork.#written = this.#written;
    return fork;
  }

  /** Appends `bytes`, which are copied. */
  async append(bytes: Uint8Array): Promise<void> {
    const limit = this.#options.splitter.maxChunk;
    let from = 0;
    while (from < bytes.length) {
      const length = Math.min(bytes.length - from, limit - this.#used);
      this.#reserve(this.#used + length, limit);
      this.#buffer.set(bytes.subarray(from, from + length), this.#used);
      this.#used += length;
      from += length;
      if (this.#used === limit) await this.#cut();
    }
  }

  /** Stores what is left and returns the object; an empty one has one empty content. */
  async finish(): Promise<{ readonly objectId: ObjectId; readonly length: number }> {
    while (this.#used > 0 && (await this.#cut()));
    if (this.#used > 0 || this.#parts.length === 0) await this.#store(this.#used);
    const objectId = await storeParts(this.#sink, this.#parts, this.#options);
    return { objectId, length: this.#written };
  }

  /** Stores the first chunk of the buffer; false when it holds no cut. */
  async #cut(): Promise<boolean> {
    const length = this.#options.splitter.nextCut(this.#buffer.subarray(0, this.#used), 0);
    if (length < 0) return false;
    await this.#store(length);
    return true;
  }

  async #store(length: number): Promise<void> {
    const { prefix, compressor } = this.#options;
    const id = await this.#sink.write(prefix, this.#buffer.subarray(0, length), compressor);
    this.#parts.push({ start: this.#written, length, objectId: directObjectId(id) });
    this.#written += length;
    this.#buffer.copyWithin(0, length, this.#used);
    this.#used -= length;
  }

  #reserve(needed: number, limit: number): void {
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.min(limit, Math.max(needed, this.#buffer.length * 2)));
    larger.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = larger;
  }
}

const INITIAL_BUFFER = 16 << 10;

/** The object made of `parts`, which follow each other: the part itself when there is one, else a stored list. */
export async function storeParts(
  sink: ContentSink,
  parts: readonly IndirectEntry[],
  options: Pick<ObjectOptions, 'prefix' | 'metadataCompressor' | 'listSplitter'>,
): Promise<ObjectId> {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only.objectId;
  const { metadataCompressor, listSplitter } = options;
  const list = new ObjectWriter(sink, {
    prefix: options.prefix === '' ? 'x' : options.prefix,
    compressor: metadataCompressor,
    metadataCompressor,
    splitter: listSplitter,
    listSplitter,
  });
  for (const text of encodeIndirect(parts)) await list.append(Buffer.from(text, 'latin1'));
  return indirectObjectId((await list.finish()).objectId);
}
