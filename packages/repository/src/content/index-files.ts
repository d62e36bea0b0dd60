import type { IndexEntry } from '../index/entry.ts';
import { type IndexFile, openIndexFile } from '../index/index-file.ts';
import { PageCache } from '../index/page-cache.ts';

/** The index files of a repository as one thread sees them: newest first, looked up one after the other. */
export class IndexFiles {
  readonly #pages: PageCache;
  #files: readonly IndexFile[] = [];

  constructor(pageBytes: number) {
    this.#pages = new PageCache(pageBytes);
  }

  /** Looks in these files from now on; those that stay are kept open. */
  use(paths: readonly string[]): void {
    const before = new Map(this.#files.map((file) => [file.path, file]));
    this.#files = paths.map((path) => {
      const kept = before.get(path);
      before.delete(path);
      return kept ?? openIndexFile(path, this.#pages);
    });
    for (const file of before.values()) file.close();
  }

  /** The entry that counts, deleted or not. */
  find(key: Uint8Array): IndexEntry | undefined {
    for (const file of this.#files) {
      const entry = file.find(key);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  close(): void {
    this.use([]);
  }
}
