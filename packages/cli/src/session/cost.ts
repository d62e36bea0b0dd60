import {
  processEnvironment,
  type Repository,
  type StorageEnvironment,
  StorageMeter,
} from '@holdfast/repository';

/** How costs are told. */
export type CostFormat = 'text' | 'json';

/** What one run of the command asked of storages. Nothing is counted until somebody wants it. */
export class CostAccount {
  readonly #storage = new StorageMeter();
  readonly #repositories: Repository[] = [];
  #format: CostFormat | undefined;

  /** Begins to count, for a report of that format. */
  want(format: CostFormat): void {
    this.#format = format;
  }

  /** How to tell it; undefined when nobody wants to know. */
  get format(): CostFormat | undefined {
    return this.#format;
  }

  /** The requests that went out. */
  get storage(): StorageMeter {
    return this.#storage;
  }

  /** What to open storages with, so that their requests are counted. */
  environment(): StorageEnvironment {
    return this.#format === undefined ? processEnvironment : { ...processEnvironment, meter: this.#storage };
  }

  /** Has the report tell what the caches of `repository` answered. */
  watch(repository: Repository): void {
    this.#repositories.push(repository);
  }

  /** What caches answered, of all repositories. */
  get cache(): { readonly hits: number; readonly bytes: number } {
    const caches = this.#repositories.map(({ meter }) => meter.cache);
    return {
      hits: caches.reduce((sum, { hits }) => sum + hits, 0),
      bytes: caches.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }
}
