import type { ContentId, ContentPrefix } from '../content/content-id.ts';
import { invariant } from '../errors.ts';
import type { Splitter } from '../splitter/splitter.ts';
import { IndirectEncoder, type IndirectEntry } from './indirect.ts';
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
  #parts: PartsWriter;
  #buffer: Uint8Array = NO_BYTES;
  #used = 0;
  #written = 0;

  constructor(sink: ContentSink, options: ObjectOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#parts = new PartsWriter(sink, options);
  }

  /** A copy that stores through `sink` and can be finished by itself, leaving this one as it is. */
  fork(sink: ContentSink): ObjectWriter {
    const fork = new ObjectWriter(sink, this.#options);
    fork.#parts = this.#parts.fork(sink);
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
    if (this.#used > 0 || this.#parts.count === 0) await this.#store(this.#used);
    return { objectId: await this.#parts.finish(), length: this.#written };
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
    await this.#parts.add({ start: this.#written, length, objectId: directObjectId(id) });
    this.#written += length;
    this.#buffer.copyWithin(0, length, this.#used);
    this.#used -= length;
  }

  #reserve(needed: number, limit: number): void {
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.min(limit, Math.max(needed, this.#buffer.length * 2, FIRST_BUFFER)));
    larger.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = larger;
  }
}

/** Writers wait for their first bytes in large numbers: each directory has one down to the one that is being saved. */
const NO_BYTES = new Uint8Array();
const FIRST_BUFFER = 16 << 10;

/** An object made of parts that come one after the other: the part itself when there is one, else a list. The list is stored
 *  while it grows, so that an object of any length needs a chunk of it: those of a terabyte were 60 MB. */
export class PartsWriter {
  readonly #sink: ContentSink;
  readonly #options: PartsOptions;
  #first: IndirectEntry | undefined;
  #list: PartsList | undefined;

  /** How many parts there are. */
  count = 0;

  constructor(sink: ContentSink, options: PartsOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** Adds the part that follows. */
  async add(part: IndirectEntry): Promise<void> {
    this.count++;
    if (this.#first === undefined) {
      this.#first = part;
      return;
    }
    this.#list ??= this.#openList(this.#first);
    await append(this.#list.object, this.#list.encoder.add(part));
  }

  /** Stores what is left and returns the object; there must be a part. */
  async finish(): Promise<ObjectId> {
    invariant(this.#first !== undefined, 'an object has parts');
    if (this.#list === undefined) return this.#first.objectId;
    const { object, encoder } = this.#list;
    await append(object, encoder.finish());
    return indirectObjectId((await object.finish()).objectId);
  }

  /** A copy that stores through `sink` and can be finished by itself, leaving this one as it is. */
  fork(sink: ContentSink): PartsWriter {
    const fork = new PartsWriter(sink, this.#options);
    fork.#first = this.#first;
    fork.count = this.count;
    if (this.#list !== undefined)
      fork.#list = { object: this.#list.object.fork(sink), encoder: this.#list.encoder.fork() };
    return fork;
  }

  #openList(first: IndirectEntry): PartsList {
    const { prefix, metadataCompressor, listSplitter } = this.#options;
    const object = new ObjectWriter(this.#sink, {
      prefix: prefix === '' ? 'x' : prefix,
      compressor: metadataCompressor,
      metadataCompressor,
      splitter: listSplitter,
      listSplitter,
    });
    const encoder = new IndirectEncoder();
    encoder.add(first);
    return { object, encoder };
  }
}

/** A list that is stored while it grows. */
interface PartsList {
  readonly object: ObjectWriter;
  readonly encoder: IndirectEncoder;
}

async function append(list: ObjectWriter, text: string): Promise<void> {
  if (text !== '') await list.append(Buffer.from(text, 'latin1'));
}

/** What of an object's options its list of parts needs. */
type PartsOptions = Pick<ObjectOptions, 'prefix' | 'metadataCompressor' | 'listSplitter'>;
