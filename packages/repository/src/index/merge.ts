import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { threadId } from 'node:worker_threads';

import type { IndexCursor } from './cursor.ts';
import { type EntryFields, indexCorrupt } from './header.ts';
import { checkLimits } from './limits.ts';
import { mergeCursors } from './merge-cursor.ts';
import { isHidden } from './precedence.ts';
import { encodeV2Header, V2_HEADER_BYTES, V2_WIDE_ENTRY, writeV2Entry } from './v2.ts';
import { V2Tables } from './v2-tables.ts';

/** What `writeMergedIndex` may leave out. */
export interface MergeOptions {
  /** Tombstones that this watermark hides are dropped; without it every entry is kept. */
  readonly deletionWatermarkSeconds?: number;
}

/** Merges cursors into one index file of version 2 and returns its number of entries, which may be 0. The file appears
 *  whole, under its name, when this returns; it is not flushed to the disk, as befits a cache. Memory is a buffer and
 *  the names of the packs. Throws INDEX_CORRUPT; FORMAT_UNSUPPORTED past the limits of one file (4 GiB: 119 million
 *  contents with 16-byte hashes). */
export function writeMergedIndex(
  path: string,
  cursors: readonly IndexCursor[],
  options: MergeOptions = {},
): number {
  const watermarkSeconds = options.deletionWatermarkSeconds ?? -1;
  const merged = mergeCursors(cursors);
  const file = new IndexFileWriter(path);
  try {
    while (merged.advance()) {
      const fields = merged.fields();
      if (!isHidden(fields, watermarkSeconds)) file.append(merged.key, fields);
    }
    return file.finish();
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/** Read-ahead for each of `count` files that are merged, so that many files don't take much memory. */
export function mergeBufferBytes(count: number): number {
  return Math.max(4 << 10, Math.min(32 << 10, Math.floor((8 << 20) / Math.max(1, count))));
}

/** Writes an index file of version 2 entry by entry; it appears whole, under its name, when it is finished. */
export class IndexFileWriter {
  readonly #path: string;
  readonly #partial: string;
  readonly #fd: number;
  readonly #rows: RowWriter;
  #isOpen = true;

  constructor(path: string) {
    this.#path = path;
    this.#partial = `${path}.${process.pid}-${threadId}.tmp`;
    this.#fd = openSync(this.#partial, 'w', 0o600);
    this.#rows = new RowWriter(this.#fd);
  }

  /** Entries written so far. */
  get count(): number {
    return this.#rows.count;
  }

  /** Adds an entry; keys must be ascending and of one length. Throws INDEX_CORRUPT, FORMAT_UNSUPPORTED. */
  append(key: Uint8Array, fields: EntryFields): void {
    this.#rows.append(key, fields);
  }

  /** Returns the number of entries, which may be 0. */
  finish(): number {
    this.#rows.finish();
    this.#close();
    renameSync(this.#partial, this.#path);
    return this.#rows.count;
  }

  /** Removes what was written, instead of finishing. */
  abandon(): void {
    this.#close();
    rmSync(this.#partial, { force: true });
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }
}

const BUFFER_BYTES = 256 * 1024;
/** Key length of a file without entries: any valid one would do. */
const DEFAULT_KEY_LENGTH = 17;

/** Writes entries as they come. What the header and the entry size depend on is only known at the end, so entries have
 *  all optional bytes and the header is written last. */
class RowWriter {
  count = 0;
  readonly #fd: number;
  readonly #tables = new V2Tables();
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #used = 0;
  #position = V2_HEADER_BYTES;
  #keyLength = DEFAULT_KEY_LENGTH;

  constructor(fd: number) {
    this.#fd = fd;
  }

  append(key: Uint8Array, fields: EntryFields): void {
    checkLimits(fields);
    if (this.count === 0) this.#keyLength = key.length;
    if (key.length !== this.#keyLength)
      throw indexCorrupt(`keys of ${this.#keyLength} and of ${key.length} bytes`, { keyLength: key.length });
    if (this.#used + key.length + V2_WIDE_ENTRY > this.#buffer.length) this.#flush();
    const refs = {
      pack: this.#tables.packIndex(fields.packBlobId),
      format: this.#tables.formatIndex(fields),
    };
    this.#buffer.set(key, this.#used);
    writeV2Entry(this.#buffer, this.#used + key.length, fields, refs);
    this.#used += key.length + V2_WIDE_ENTRY;
    this.count++;
  }

  finish(): void {
    this.#flush();
    writeAll(this.#fd, this.#tables.encode(this.#position), this.#position);
    const header = encodeV2Header({
      keyLength: this.#keyLength,
      entrySize: V2_WIDE_ENTRY,
      count: this.count,
      packCount: this.#tables.packCount,
      formatCount: this.#tables.formatCount,
    });
    writeAll(this.#fd, header, 0);
  }

  #flush(): void {
    writeAll(this.#fd, this.#buffer.subarray(0, this.#used), this.#position);
    this.#position += this.#used;
    this.#used = 0;
  }
}

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;)
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}
