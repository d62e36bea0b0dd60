import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { encodeIndex } from '../index/builder.ts';
import type { IndexCursor } from '../index/cursor.ts';
import type { IndexEntry } from '../index/entry.ts';
import { type IndexFile, openIndexFile } from '../index/index-file.ts';
import { compareKeys } from '../index/key.ts';
import { mergeBufferBytes } from '../index/merge.ts';
import { mergeCursors } from '../index/merge-cursor.ts';
import { PageCache } from '../index/page-cache.ts';
import { supersedes } from '../index/precedence.ts';

const BATCH_ENTRIES = 50_000;
/** Enough for any entry, whatever the repository writes itself. */
const INDEX_VERSION = 2;

/** Entries in any order and number, sorted on disk in batches. */
export class RecoveredEntries implements Disposable {
  readonly #directory: string;
  readonly #pages = new PageCache(1 << 20);
  readonly #runs: IndexFile[] = [];
  #batch: IndexEntry[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  add(entries: readonly IndexEntry[]): void {
    for (const entry of entries) this.#batch.push(entry);
    if (this.#batch.length >= BATCH_ENTRIES) this.#writeRun();
  }

  /** Everything added, of each content the entry that wins. */
  cursor(): IndexCursor {
    this.#writeRun();
    const bufferBytes = mergeBufferBytes(this.#runs.length);
    return mergeCursors(this.#runs.map((run) => run.entries(undefined, bufferBytes)));
  }

  [Symbol.dispose](): void {
    for (const run of this.#runs.splice(0)) run.close();
  }

  #writeRun(): void {
    if (this.#batch.length === 0) return;
    const file = path.join(this.#directory, `run-${this.#runs.length}.sndx`);
    writeFileSync(file, encodeIndex(winners(this.#batch), INDEX_VERSION), { mode: 0o600 });
    this.#batch = [];
    this.#runs.push(openIndexFile(file, this.#pages));
  }
}

/** The entries in the order of keys, of each content the one that wins. */
function* winners(entries: readonly IndexEntry[]): Generator<IndexEntry> {
  let best: IndexEntry | undefined;
  for (const entry of entries.toSorted((a, b) => compareKeys(a.key, b.key))) {
    const isSame = best !== undefined && compareKeys(best.key, entry.key) === 0;
    if (best !== undefined && !isSame) yield best;
    if (best === undefined || !isSame || supersedes(entry, best)) best = entry;
  }
  if (best !== undefined) yield best;
}
