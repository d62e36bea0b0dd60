import { applyAttributes } from '../filesystem/attributes.ts';
import { openDirHandle } from '../filesystem/path.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import { removePlaceholder } from './existing-entries.ts';
import { attributeOptions, attributesOf } from './restore-files-task.ts';
import type { RestoreContext } from './restore-context.ts';

/** Where a directory is restored to. */
export interface DirectoryPlace {
  readonly path: string;
  readonly relativePath: string;
  /** It was there before. */
  readonly existed?: boolean;
}

/** A directory that is being restored. Its attributes are set when everything in it is there: writing into it changes its
 *  time, and its permissions may forbid writing. */
export class DirectoryInProgress {
  readonly entry: DirectoryEntry;
  /** Absolute path, a byte string. */
  readonly path: string;
  /** Path below the restored root, '' for the root. */
  readonly relativePath: string;
  /** It was there before. */
  readonly existed: boolean;
  /** Levels below the root. */
  readonly depth: number;
  readonly #context: RestoreContext;
  /** Undefined for the root. */
  readonly parent: DirectoryInProgress | undefined;
  /** Children and tasks that are not done, and the listing itself. */
  #pending = 1;
  readonly #placeholders: string[] = [];

  constructor(
    context: RestoreContext,
    entry: DirectoryEntry,
    place: DirectoryPlace,
    parent: DirectoryInProgress | undefined,
  ) {
    this.existed = place.existed === true;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    this.#context = context;
    this.entry = entry;
    this.path = place.path;
    this.relativePath = place.relativePath;
    this.parent = parent;
  }

  begin(): void {
    this.#pending++;
  }

  /** Removes a placeholder at the end, if what it stands for is there then. */
  replaces(placeholder: string): void {
    this.#placeholders.push(placeholder);
  }

  /** One child, task or the listing is done; with the last of them the directory is. */
  end(): void {
    if (--this.#pending > 0) return;
    this.#finish();
    this.parent?.end();
  }

  #finish(): void {
    const { options, problems } = this.#context;
    const directory = openDirHandle(this.path);
    try {
      for (const placeholder of this.#placeholders) removePlaceholder(this.path, placeholder);
      const found = applyAttributes(directory.self(), attributesOf(this.entry), attributeOptions(options));
      for (const problem of found) {
        if (options.ignorePermissionErrors) problems.add(problem, this.relativePath || '.');
        else this.#context.fail(this.relativePath, problem.error);
      }
    } catch (error) {
      this.#context.fail(this.relativePath, error);
    } finally {
      directory.close();
    }
  }
}
