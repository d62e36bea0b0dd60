import { applyAttributes } from '../filesystem/attributes.ts';
import { openDirHandle } from '../filesystem/path.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import { attributeOptions, attributesOf } from './restore-files-task.ts';
import type { RestoreContext } from './restore-context.ts';

/** A directory that is being restored. Its attributes are set when everything in it is there: writing into it changes its
 *  time, and its permissions may forbid writing. */
export class DirectoryInProgress {
  readonly entry: DirectoryEntry;
  /** Absolute path, a byte string. */
  readonly path: string;
  /** Path below the restored root, '' for the root. */
  readonly relativePath: string;
  readonly #context: RestoreContext;
  readonly #parent: DirectoryInProgress | undefined;
  /** Children and tasks that are not done, and the listing itself. */
  #pending = 1;

  constructor(
    context: RestoreContext,
    entry: DirectoryEntry,
    place: { readonly path: string; readonly relativePath: string },
    parent: DirectoryInProgress | undefined,
  ) {
    this.#context = context;
    this.entry = entry;
    this.path = place.path;
    this.relativePath = place.relativePath;
    this.#parent = parent;
  }

  begin(): void {
    this.#pending++;
  }

  /** One child, task or the listing is done; with the last of them the directory is. */
  end(): void {
    if (--this.#pending > 0) return;
    this.#applyAttributes();
    this.#parent?.end();
  }

  #applyAttributes(): void {
    const { options, problems } = this.#context;
    const directory = openDirHandle(this.path);
    try {
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
