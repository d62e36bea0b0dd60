import { type ContentSink, type ObjectId, ObjectWriter, type Splitter } from '@holdfast/repository';

import { directoryHead, directoryTail } from '../snapshot/directory.ts';
import { type DirectoryEntry, encodeEntry } from '../snapshot/entry.ts';
import type { DirectoryExtra, SpecialFile } from '../snapshot/specials.ts';
import type { DirectorySummary } from '../snapshot/summary.ts';
import { type DirectoryTotals, EMPTY_TOTALS, mergeTotals, summarize, totalsOf } from '../snapshot/totals.ts';

/** How a directory object is stored. */
export interface DirectoryStorage {
  readonly sink: ContentSink;
  /** The repository's own, which cuts all metadata. */
  readonly splitter: Splitter;
  readonly metadataCompressor: string;
}

/** A directory object that grows entry by entry, in the order of the format: directories first, each kind by name.
 *  Holds at most one chunk of its bytes. */
export class DirectoryObject {
  readonly #storage: DirectoryStorage;
  readonly #writer: ObjectWriter;
  #isEmpty = true;
  #totals: DirectoryTotals = EMPTY_TOTALS;
  #specials: SpecialFile[] = [];

  constructor(storage: DirectoryStorage, writer?: ObjectWriter) {
    const { splitter, metadataCompressor } = storage;
    this.#storage = storage;
    this.#writer =
      writer ??
      new ObjectWriter(storage.sink, {
        prefix: 'k',
        compressor: metadataCompressor,
        metadataCompressor,
        splitter,
        listSplitter: splitter,
      });
  }

  /** Adds an entry with its totals. */
  async addEntry(entry: DirectoryEntry): Promise<void> {
    this.addTotals(totalsOf([entry]));
    await this.#append(Buffer.from(encodeEntry(entry), 'latin1'));
  }

  /** Adds entries that are encoded already and whose totals are added apart. */
  async addEncoded(json: Uint8Array): Promise<void> {
    if (json.length > 0) await this.#append(json);
  }

  addTotals(totals: DirectoryTotals): void {
    this.#totals = mergeTotals(this.#totals, totals);
  }

  addExtra(extra: DirectoryExtra | undefined): void {
    if (extra !== undefined) this.#specials.push(...extra.specials);
  }

  /** A copy that stores through `sink` and can be finished by itself, leaving this one as it is. */
  fork(sink: ContentSink): DirectoryObject {
    const fork = new DirectoryObject({ ...this.#storage, sink }, this.#writer.fork(sink));
    fork.#isEmpty = this.#isEmpty;
    fork.#totals = this.#totals;
    fork.#specials = [...this.#specials];
    return fork;
  }

  async finish(directory: {
    readonly mtimeNs: bigint;
    readonly incomplete?: string;
  }): Promise<{ readonly objectId: ObjectId; readonly summary: DirectorySummary }> {
    const summary = summarize(this.#totals, directory);
    const extra = this.#specials.length === 0 ? undefined : { specials: this.#specials };
    if (this.#isEmpty) await this.#writer.append(directoryHead(true));
    await this.#writer.append(directoryTail(this.#isEmpty, summary, extra));
    return { objectId: (await this.#writer.finish()).objectId, summary };
  }

  async #append(json: Uint8Array): Promise<void> {
    await this.#writer.append(this.#isEmpty ? directoryHead(false) : COMMA);
    this.#isEmpty = false;
    await this.#writer.append(json);
  }
}

const COMMA = Uint8Array.of(0x2c);
