import { createHash } from 'node:crypto';
import { readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { BlobMetadata, BlobReader } from '../blob/storage.ts';
import type { Clock } from '../clock.ts';
import type { ActiveIndexBlobs } from '../epoch/index-blobs.ts';
import { RepositoryError, type RepositoryErrorCode, repositoryErrorCode } from '../errors.ts';
import type { IndexCursor } from '../index/cursor.ts';
import type { IndexEntry } from '../index/entry.ts';
import { type IndexFile, openIndexFile } from '../index/index-file.ts';
import { mergeBufferBytes } from '../index/merge.ts';
import { mergeCursors } from '../index/merge-cursor.ts';
import { PageCache } from '../index/page-cache.ts';
import type { SealingCrypto } from '../sealed/sealed-blob.ts';
import { copyName, IndexCopies } from './index-copies.ts';
import { isSealedMerge, writeSealedMerge } from './merged-index.ts';

/** What an index view works with. */
export interface IndexViewParts {
  readonly storage: BlobReader;
  readonly indexBlobs: { activeBlobs(): Promise<ActiveIndexBlobs> };
  readonly crypto: SealingCrypto;
  /** Directory for decrypted index files; created when missing. */
  readonly directory: string;
  readonly pageBytes: number;
  readonly clock: Clock;
  /** How long fetched indexes stay that are not in use any more; a day unless given. */
  readonly minSweepAgeMs?: number | undefined;
  /** Told of index blobs that need not be fetched, as they were fetched before: their bytes, once each. */
  readonly onHit?: ((bytes: number) => void) | undefined;
  /** Told of index blobs that can't be read, which are then passed over. Without it they make a refresh fail. */
  readonly onDamaged?: ((blob: BlobMetadata, error: RepositoryError) => void) | undefined;
}

/** The repository's index as sorted files on local disk: one merged from all active index blobs, then those that this
 *  session has written since. Lookups see the newest first. What an earlier process left there is checked once before it is
 *  used, and made again where it is damaged. */
export class IndexView {
  readonly #parts: IndexViewParts;
  readonly #pages: PageCache;
  readonly #copies: IndexCopies;
  #merged: IndexFile | undefined;
  #own: IndexFile[] = [];
  #watermarkSeconds = 0;
  /** Index blobs that this session fetched, or counted as hits. */
  readonly #seen = new Set<string>();
  /** Merged files that this process has written or checked. */
  readonly #checked = new Set<string>();

  constructor(parts: IndexViewParts) {
    this.#parts = parts;
    this.#pages = new PageCache(parts.pageBytes);
    this.#copies = new IndexCopies({ ...parts, onFetch: (id) => void this.#seen.add(id) });
  }

  /** Paths of the files to look in, in order of precedence; a new array whenever they change. */
  paths: readonly string[] = [];

  /** Contents listed in the files, deleted ones and doubles included. */
  get count(): number {
    return this.#files().reduce((sum, file) => sum + file.count, 0);
  }

  /** Reads the set of active index blobs again and merges it when it changed. Blobs that vanish between listing and
   *  reading (a compaction elsewhere) cause another try. */
  async refresh(signal?: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const active = await this.#parts.indexBlobs.activeBlobs();
      try {
        return await this.#use(await this.#withoutDamaged(active, signal), signal);
      } catch (error) {
        if (repositoryErrorCode(error) !== 'BLOB_NOT_FOUND' || attempt >= MAX_ATTEMPTS) throw error;
        await this.#parts.clock.sleep(100 * attempt, signal);
      }
    }
  }

  /** The visible entry of a content: deleted ones are returned, those hidden by the watermark are not. */
  find(key: Uint8Array): IndexEntry | undefined {
    const entry = this.findListed(key);
    return entry !== undefined && this.#isVisible(entry) ? entry : undefined;
  }

  /** The entry of a content that counts, even if the watermark hides it; undefined when no index ever knew the content. */
  findListed(key: Uint8Array): IndexEntry | undefined {
    for (const file of this.#files()) {
      const entry = file.find(key);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  /** Every visible entry with one of the prefixes ('' is file data), in no particular order; of a content that several
   *  files list, the one that counts. */
  *entries(prefix?: string): Generator<IndexEntry> {
    const files = this.#files();
    for (const [i, file] of files.entries()) {
      for (const entry of entriesOf(file, prefix)) {
        if (!this.#isVisible(entry)) continue;
        if (i > 0 && files.slice(0, i).some((newer) => newer.find(entry.key) !== undefined)) continue;
        yield entry;
      }
    }
  }

  /** Calls `use` with the key of every entry, some of them several times. The key is valid during the call only. */
  forEachKey(use: (key: Uint8Array) => void): void {
    for (const file of this.#files()) {
      const cursor = file.entries();
      while (cursor.advance()) use(cursor.key);
    }
  }

  /** Entries deleted at this time or before do not exist. */
  get deletionWatermarkSeconds(): number {
    return this.#watermarkSeconds;
  }

  /** Every entry in the order of keys, of a content that several files list the one that counts; also those that the
   *  watermark hides. Ends with the next refresh. */
  cursor(): IndexCursor {
    return mergeCursors(this.#files().map((file) => file.entries()));
  }

  /** A number for the content, below `count` and its own until the next refresh or flush; -1 when no file lists it. */
  position(key: Uint8Array): number {
    let before = 0;
    for (const file of this.#files()) {
      const position = file.position(key);
      if (position >= 0) return before + position;
      before += file.count;
    }
    return -1;
  }

  /** Path of the decrypted form of an index blob, fetched and opened unless that was done before. Throws BLOB_NOT_FOUND,
   *  CONTENT_CORRUPT. */
  async localFile(blob: Pick<BlobMetadata, 'id' | 'length'>, signal?: AbortSignal): Promise<string> {
    return await this.#copies.file(blob, signal);
  }

  /** Takes over a file with entries that this session has stored as index blobs, as `addOwn` does for one blob. */
  adoptOwn(name: string, file: string): void {
    const own = path.join(this.#parts.directory, `own-${name}.ndx`);
    renameSync(file, own);
    this.#own.unshift(openIndexFile(own, this.#pages));
    this.#publish(own);
  }

  /** Adds an index that this session has stored as a blob, so that lookups see it without another listing. */
  addOwn(name: string, plainIndex: Uint8Array): void {
    const file = path.join(this.#parts.directory, `own-${name}.ndx`);
    writeFileSync(file, plainIndex, { mode: 0o600 });
    this.#own.unshift(openIndexFile(file, this.#pages));
    this.#publish(file);
  }

  close(): void {
    this.#merged?.close();
    this.#merged = undefined;
    this.#dropOwn();
  }

  #files(): readonly IndexFile[] {
    return this.#merged === undefined ? this.#own : [...this.#own, this.#merged];
  }

  #isVisible(entry: IndexEntry): boolean {
    return !entry.deleted || entry.timestampSeconds > this.#watermarkSeconds;
  }

  async #withoutDamaged(
    active: ActiveIndexBlobs,
    signal: AbortSignal | undefined,
  ): Promise<ActiveIndexBlobs> {
    if (this.#parts.onDamaged === undefined) return active;
    const blobs: BlobMetadata[] = [];
    for (const blob of active.blobs) if (await this.#isSound(blob, signal)) blobs.push(blob);
    return { ...active, blobs };
  }

  async #isSound(blob: BlobMetadata, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      const file = openIndexFile(await this.localFile(blob, signal), this.#pages);
      try {
        const cursor = file.entries();
        while (cursor.advance()) cursor.fields();
      } finally {
        file.close();
      }
      return true;
    } catch (error) {
      if (!(error instanceof RepositoryError) || !DAMAGE.has(error.code)) throw error;
      this.#parts.onDamaged?.(blob, error);
      return false;
    }
  }

  async #use(active: ActiveIndexBlobs, signal: AbortSignal | undefined): Promise<void> {
    const target = path.join(this.#parts.directory, `merged-${setName(active)}.ndx`);
    const merged = active.blobs.length === 0 ? undefined : await this.#openOrMerge(target, active, signal);
    this.#merged?.close();
    this.#merged = merged;
    this.#countHits(active.blobs);
    this.#watermarkSeconds = active.deletionWatermarkSeconds;
    this.#dropOwn();
    this.paths = merged === undefined ? [] : [target];
    this.#forgetOldFiles(target, active);
  }

  async #openOrMerge(
    target: string,
    active: ActiveIndexBlobs,
    signal: AbortSignal | undefined,
  ): Promise<IndexFile> {
    if (this.#isSoundMerge(target)) return openIndexFile(target, this.#pages);
    const inputs: IndexFile[] = [];
    try {
      for (const blob of active.blobs)
        inputs.push(openIndexFile(await this.localFile(blob, signal), this.#pages));
      const bufferBytes = mergeBufferBytes(inputs.length);
      writeSealedMerge(
        target,
        inputs.map((file) => file.entries(undefined, bufferBytes)),
      );
    } finally {
      for (const file of inputs) file.close();
    }
    this.#checked.add(target);
    return openIndexFile(target, this.#pages);
  }

  #isSoundMerge(target: string): boolean {
    if (this.#checked.has(target) && fileExists(target)) return true;
    if (!isSealedMerge(target)) return false;
    this.#checked.add(target);
    return true;
  }

  #countHits(blobs: readonly BlobMetadata[]): void {
    for (const { id, length } of blobs) {
      if (!this.#seen.has(id)) this.#parts.onHit?.(length);
      this.#seen.add(id);
    }
  }

  #publish(ownFile: string): void {
    this.paths = [ownFile, ...this.paths];
  }

  #dropOwn(): void {
    for (const file of this.#own) {
      file.close();
      rmSync(file.path, { force: true });
    }
    this.#own = [];
  }

  /** Other processes may still be opening what was current a moment ago, so only old files go; a long backup elsewhere
   *  may need its merged and own files again. kopia, which may use the same directory, only knows fetched ones. */
  #forgetOldFiles(target: string, active: ActiveIndexBlobs): void {
    const directory = this.#parts.directory;
    const { clock, minSweepAgeMs = STALE_MS } = this.#parts;
    const current = new Set([path.basename(target), ...active.blobs.map(({ id }) => copyName(id))]);
    for (const name of readdirSync(directory)) {
      if (current.has(name)) continue;
      const file = path.join(directory, name);
      const stat = statSync(file, { throwIfNoEntry: false });
      const staleMs = name.endsWith('.sndx') ? minSweepAgeMs : STALE_MS;
      if (stat && clock.nowMs() - stat.mtimeMs > staleMs) rmSync(file, { force: true });
    }
  }
}

/** What reading an index blob fails with when it isn't what was stored. */
const DAMAGE: ReadonlySet<RepositoryErrorCode> = new Set([
  'CONTENT_CORRUPT',
  'ECC_UNREPAIRABLE',
  'INDEX_CORRUPT',
  'ID_INVALID',
]);
const MAX_ATTEMPTS = 10;
const STALE_MS = 24 * 3600 * 1000;

function* entriesOf(file: IndexFile, prefix: string | undefined): Generator<IndexEntry> {
  const letter = prefix === undefined ? undefined : prefix === '' ? 0 : prefix.charCodeAt(0);
  const cursor = file.entries(letter === undefined ? undefined : Uint8Array.of(letter));
  while (cursor.advance()) {
    if (letter !== undefined && cursor.key[0] !== letter) return;
    yield cursor.entry();
  }
}

function setName(active: ActiveIndexBlobs): string {
  const ids = active.blobs.map((blob) => blob.id).toSorted();
  return createHash('sha256').update(ids.join('\n')).digest('hex').slice(0, 32);
}

function fileExists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}
