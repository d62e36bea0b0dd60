import type { StoredPlace } from '../cache/stored-cache.ts';
import { invariant } from '../errors.ts';
import { FetchMemory } from './fetch-memory.ts';
import { contentsOf, FetchedBlock } from './fetched-block.ts';
import type { FetchedContents } from './fetched-contents.ts';
import { loadAhead } from './load-ahead.ts';
import type { RangeCache } from './range-cache.ts';
import type { RangeReader } from './range-reader.ts';
import { coalesce, comparePlaces, type PackPlace, type PackRange, type RangeRule } from './ranges.ts';

/** What a pack fetcher works with. */
export interface PackFetcherParts {
  readonly reader: RangeReader;
  /** Bytes of everything that is fetched and in use, or being fetched. */
  readonly memoryBytes: number;
  /** Asked before the reader, and given what that read. */
  readonly cache?: RangeCache | undefined;
}

/** How to fetch. */
export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** What is fetched is for one file: nothing beside it is wanted. */
  readonly isOneFile?: boolean;
}

/** Contents that are in use: they stay in place until they are released. */
export interface HeldContents {
  readonly contents: FetchedContents;
  release(): void;
}

/** A stretch that was fetched for the reader of a stream. */
export type StreamedRange<T extends PackPlace> = { readonly range: PackRange<T> } & (
  { /** Valid until the next one is asked for. */ readonly bytes: Uint8Array } | { readonly error: unknown }
);

/** Brings stretches of packs into memory that threads share: neighbours with one request, many requests at a time, never
 *  more bytes than it was given. What nobody uses stays until its room is needed, and is not fetched again meanwhile.
 *  What it fetches is neither decrypted nor checked. */
export class PackFetcher {
  readonly #reader: RangeReader;
  readonly #memory: FetchMemory;
  readonly #largest: number;
  readonly #cache: RangeCache | undefined;
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor({ reader, memoryBytes, cache }: PackFetcherParts) {
    this.#cache = cache;
    this.#reader = reader;
    this.#memory = new FetchMemory(memoryBytes);
    this.#largest = Math.min(LARGEST_REQUEST, Math.floor(memoryBytes / 8));
  }

  /** Fetches contents, at most as many as fit in three quarters of the memory. Waits while there is no room: callers must release
   *  what they hold without calling this again. Throws only the signal's reason. */
  async fetch(places: readonly StoredPlace[], options: FetchOptions = {}): Promise<HeldContents> {
    const blocks = new Set<FetchedBlock>();
    const release = (): void => {
      for (const block of blocks) this.#memory.release(block);
      blocks.clear();
    };
    try {
      await this.#inTurn(async () => await this.#begin(places, options, blocks));
      await Promise.all([...blocks].map(async ({ settled }) => await settled));
      options.signal?.throwIfAborted();
    } catch (error) {
      await Promise.all([...blocks].map(async ({ settled }) => await settled));
      release();
      throw error;
    }
    return { contents: contentsOf(this.#memory.shared, blocks), release };
  }

  /** Fetches contents that are sorted by place, up to `ahead` stretches before they are asked for. Failures come in their
   *  place. */
  async *stream<T extends PackPlace>(
    sorted: Iterable<T>,
    options: { readonly rule: RangeRule; readonly ahead: number; readonly signal: AbortSignal | undefined },
  ): AsyncGenerator<StreamedRange<T>> {
    const { rule, ahead, signal } = options;
    const load = async (range: PackRange<T>): Promise<Loaded<T>> => await this.#load(range, signal);
    for await (const loaded of loadAhead(coalesce(sorted, rule), ahead, load, (unused) => unused.release())) {
      try {
        signal?.throwIfAborted();
        yield loaded.streamed;
      } finally {
        loaded.release();
      }
    }
  }

  async #load<T extends PackPlace>(range: PackRange<T>, signal: AbortSignal | undefined): Promise<Loaded<T>> {
    if (range.length > this.#memory.size) return await this.#loadApart(range, signal);
    const block = await this.#inTurn(
      async () => await this.#start(range, { read: this.#reading(range, signal), own: 0, signal }),
    );
    invariant(block !== undefined, 'there is room for a range when nothing is in use');
    await block.settled;
    const { failure } = block;
    const streamed: StreamedRange<T> =
      failure === undefined
        ? { range, bytes: block.bytes(this.#memory.shared) }
        : { range, error: failure.error };
    return { streamed, release: () => this.#memory.release(block) };
  }

  /** A content larger than the memory, if its index entry is to be believed. */
  async #loadApart<T extends PackPlace>(
    range: PackRange<T>,
    signal: AbortSignal | undefined,
  ): Promise<Loaded<T>> {
    const { packBlobId, offset, length } = range;
    const release = (): void => undefined;
    try {
      const bytes = await this.#reader.read(packBlobId, { offset, length }, signal && { signal });
      return { streamed: { range, bytes }, release };
    } catch (error) {
      return { streamed: { range, error }, release };
    }
  }

  async #begin(
    places: readonly StoredPlace[],
    { isOneFile = false, signal }: FetchOptions,
    blocks: Set<FetchedBlock>,
  ): Promise<void> {
    let room = Math.floor(this.#memory.size * 0.75);
    const missing: StoredPlace[] = [];
    for (const place of places.toSorted(comparePlaces)) {
      const block = this.#memory.find(place);
      if (block === undefined) missing.push(place);
      else if (!blocks.has(block)) {
        blocks.add(this.#memory.hold(block));
        room -= block.length;
      }
    }
    for (const { range, isKept } of this.#planned(missing, isOneFile)) {
      if (range.length > room) continue;
      const read = isKept ? this.#readKept(range, signal) : this.#reading(range, signal);
      const block = await this.#start(range, { read, own: blocks.size, signal });
      if (block === undefined) continue;
      if (!isKept) void this.#keep(block, range, signal);
      room -= range.length;
      blocks.add(block);
    }
  }

  /** What the cache has comes last: requests take longer. */
  *#planned(missing: readonly StoredPlace[], isOneFile: boolean): Generator<PlannedRange> {
    const [kept, others] = this.#cache?.split(missing) ?? [[], missing];
    const slackBytes = isOneFile ? 0 : SLACK_BYTES;
    const rule = { maxBytes: this.#largest, maxWaste: MAX_WASTE, slackBytes };
    for (const range of coalesce(others, rule)) yield { range, isKept: false };
    // Nothing may lie between: it would not be there.
    for (const range of coalesce(kept, { ...rule, maxWaste: 0, slackBytes: 0 }))
      yield { range, isKept: true };
  }

  #readKept(range: PackRange<StoredPlace>, signal: AbortSignal | undefined): Reading {
    return async (into) =>
      this.#cache?.fill(range, into) === true ? into : await this.#reading(range, signal)(into);
  }

  #reading({ packBlobId, offset, length }: PackRange<PackPlace>, signal: AbortSignal | undefined): Reading {
    return async (into) =>
      await this.#reader.read(packBlobId, { offset, length }, { into, ...(signal && { signal }) });
  }

  /** Meanwhile others use the block. */
  async #keep(
    block: FetchedBlock,
    range: PackRange<StoredPlace>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (this.#cache === undefined) return;
    this.#memory.hold(block);
    await block.settled;
    if (block.failure === undefined) {
      const bytes = block.bytes(this.#memory.shared);
      const mayGoOn = (): boolean => signal?.aborted !== true && !this.#memory.isHinderedBy(block);
      await this.#cache.keep(range, bytes, mayGoOn);
    }
    this.#memory.release(block);
  }

  /** Starts reading a stretch as soon as there is room for it; not when only the caller's `own` blocks are in its way. */
  async #start(
    { packBlobId, offset, length }: PackRange<PackPlace>,
    { read, own, signal }: StartOptions,
  ): Promise<FetchedBlock | undefined> {
    const at = await this.#memory.take(length, own, signal);
    if (at < 0) return undefined;
    const into = new Uint8Array(this.#memory.shared, at, length);
    const block = new FetchedBlock({ packBlobId, offset, length, at }, read(into), into);
    return this.#memory.hold(block);
  }

  /** One after the other: two that each held half of what they need would wait for ever. */
  async #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(task, task);
    this.#lastTurn = turn;
    return await turn;
  }
}

/** Reads a stretch, into the memory it is given or elsewhere. */
type Reading = (into: Uint8Array) => Promise<Uint8Array>;

interface StartOptions {
  readonly read: Reading;
  readonly own: number;
  readonly signal: AbortSignal | undefined;
}

interface PlannedRange {
  readonly range: PackRange<StoredPlace>;
  /** The cache seems to have it. */
  readonly isKept: boolean;
}

interface Loaded<T extends PackPlace> {
  readonly streamed: StreamedRange<T>;
  readonly release: () => void;
}

/** Beyond this a request gains nothing, and one that breaks off loses more. */
const LARGEST_REQUEST = 8 << 20;
const MAX_WASTE = 0.1;
/** What a request costs beside its bytes, in bytes, about. */
const SLACK_BYTES = 64 << 10;
