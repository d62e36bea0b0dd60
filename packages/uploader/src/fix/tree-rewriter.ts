import type { ContentSource } from '@holdfast/repository';

import { DirectoryObject, type DirectoryStorage } from '../backup/directory-object.ts';
import { childPath } from '../backup/failures.ts';
import { readDirectory } from '../restore/tree-reader.ts';
import type { DirectoryTail } from '../snapshot/directory.ts';
import { compareEntries, type DirectoryEntry, encodeEntry } from '../snapshot/entry.ts';
import { type ByteName, textOfByteName } from '../snapshot/names.ts';
import type { DirectorySummary } from '../snapshot/summary.ts';
import { type DirectoryTotals, EMPTY_TOTALS } from '../snapshot/totals.ts';
import { BoundedCache } from './bounded-cache.ts';
import { isDamage } from './damage.ts';

/** What becomes of entries. What a rule throws ends the rewriting, unless it is damage. */
export interface RewriteRules {
  /** What to have in place of an entry: itself, another, or nothing. Directories are asked about before what is in them. */
  replace(entry: DirectoryEntry, path: string): Promise<DirectoryEntry | undefined>;
  /** The same for a directory that can't be read. */
  replaceUnreadable(entry: DirectoryEntry, path: string, error: Error): Promise<DirectoryEntry | undefined>;
}

/** What a rewriter works with. */
export interface RewriterParts {
  readonly source: ContentSource;
  readonly rules: RewriteRules;
  readonly signal: AbortSignal | undefined;
}

/** What is different in a directory. */
interface DirectoryChanges {
  /** By the name before; undefined for what is left out or has another place now. */
  readonly replaced: ReadonlyMap<ByteName, DirectoryEntry | undefined>;
  /** Entries whose name or type changed, in order. */
  readonly moved: readonly DirectoryEntry[];
  readonly tail: DirectoryTail;
  /** Failures of the backup in this directory alone. */
  readonly ownFailures: DirectoryTotals;
}

/** Rewrites trees by rules. A directory in which nothing changes keeps its object; a changed one is read twice, so that
 *  memory is needed for the changes only. Trees that share directories share the work. */
export class TreeRewriter {
  readonly #parts: RewriterParts;
  readonly #cache = new BoundedCache<DirectoryEntry | undefined>(CACHED_ENTRIES);

  constructor(parts: RewriterParts) {
    this.#parts = parts;
  }

  /** The entry of the rewritten tree, the given one when nothing changed; undefined when nothing is left of it. */
  async rewrite(
    entry: DirectoryEntry,
    path: string,
    storage: DirectoryStorage,
  ): Promise<DirectoryEntry | undefined> {
    if (entry.type !== 'd') return await this.#parts.rules.replace(entry, path);
    const key = encodeEntry(entry);
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached.value;
    const replaced = await this.#parts.rules.replace(entry, path);
    const result = replaced?.type === 'd' ? await this.#rewriteDirectory(replaced, path, storage) : replaced;
    this.#cache.set(key, result);
    return result;
  }

  async #rewriteDirectory(
    entry: DirectoryEntry,
    path: string,
    storage: DirectoryStorage,
  ): Promise<DirectoryEntry | undefined> {
    this.#parts.signal?.throwIfAborted();
    try {
      const changes = await this.#changesIn(entry, path, storage);
      return changes === undefined ? entry : await this.#write(entry, changes, storage);
    } catch (error) {
      if (!isDamage(error)) throw error;
      return await this.#parts.rules.replaceUnreadable(entry, path, error);
    }
  }

  /** Rewrites what is in the directory; undefined when nothing changes. */
  async #changesIn(
    { objectId }: DirectoryEntry,
    path: string,
    storage: DirectoryStorage,
  ): Promise<DirectoryChanges | undefined> {
    const replaced = new Map<ByteName, DirectoryEntry | undefined>();
    const moved: DirectoryEntry[] = [];
    const ofChildren = new ChildFailures();
    for await (const item of readDirectory(this.#parts.source, objectId, this.#parts.signal)) {
      if (item.kind === 'tail') {
        const ownFailures = ofChildren.subtractFrom(item.tail.summary);
        if (replaced.size === 0) return undefined;
        return { replaced, moved: moved.toSorted(compareEntries), tail: item.tail, ownFailures };
      }
      const { entry } = item;
      ofChildren.add(entry);
      const after = await this.rewrite(entry, childPath(path, textOfByteName(entry.name)), storage);
      if (after === entry || (after !== undefined && encodeEntry(after) === encodeEntry(entry))) continue;
      const stays = after !== undefined && compareEntries(after, entry) === 0;
      replaced.set(entry.name, stays ? after : undefined);
      if (after !== undefined && !stays) moved.push(after);
    }
    return undefined;
  }

  async #write(
    entry: DirectoryEntry,
    { replaced, moved, tail, ownFailures }: DirectoryChanges,
    storage: DirectoryStorage,
  ): Promise<DirectoryEntry> {
    const object = new DirectoryObject(storage);
    object.addTotals(ownFailures);
    object.addExtra(tail.extra);
    const waiting = [...moved];
    for await (const item of readDirectory(this.#parts.source, entry.objectId, this.#parts.signal)) {
      if (item.kind === 'tail') break;
      const after = replaced.has(item.entry.name) ? replaced.get(item.entry.name) : item.entry;
      if (after === undefined) continue;
      for (let next = waiting[0]; next !== undefined && compareEntries(next, after) < 0; next = waiting[0]) {
        await object.addEntry(next);
        waiting.shift();
      }
      await object.addEntry(after);
    }
    for (const last of waiting) await object.addEntry(last);
    const incomplete = entry.summary?.incomplete ?? tail.summary?.incomplete;
    const { mtimeNs } = entry;
    const stored = await object.finish({ mtimeNs, ...(incomplete !== undefined && { incomplete }) });
    return { ...entry, ...stored };
  }
}

const CACHED_ENTRIES = 50_000;

/** Sums up the failures that the summaries of subdirectories tell of, so that those of a directory itself remain. */
class ChildFailures {
  #numFailed = 0;
  #numIgnored = 0;
  readonly #texts = new Set<string>();

  add({ summary }: DirectoryEntry): void {
    if (summary === undefined) return;
    this.#numFailed += summary.numFailed;
    this.#numIgnored += summary.numIgnoredErrors;
    for (const { path, error } of summary.errors) this.#texts.add(`${path}\n${error}`);
  }

  subtractFrom(summary: DirectorySummary | undefined): DirectoryTotals {
    if (summary === undefined) return EMPTY_TOTALS;
    return {
      ...EMPTY_TOTALS,
      numFailed: Math.max(0, summary.numFailed - this.#numFailed),
      numIgnoredErrors: Math.max(0, summary.numIgnoredErrors - this.#numIgnored),
      errors: summary.errors.filter(({ path, error }) => !this.#texts.has(`${path}\n${error}`)),
    };
  }
}
