import type { DirectoryEntry } from '../snapshot/entry.ts';
import type { SpecialFile } from '../snapshot/specials.ts';
import { Flow } from '../threads/flow.ts';
import { childPath } from '../backup/failures.ts';
import type { DirectoryInProgress } from './restore-directory.ts';
import type { RestoreContext } from './restore-context.ts';
import type { FilePart, FileToRestore } from './tasks.ts';

/** Files and bytes of one task at most: enough that neighbours in a pack are read together, little enough to share. */
const BATCH_FILES = 256;
const BATCH_BYTES = 8 << 20;

/** Gathers files of one directory into tasks for workers. */
export class FileBatches {
  readonly #context: RestoreContext;
  readonly #flow: Flow;
  readonly #directory: DirectoryInProgress;
  #files: FileToRestore[] = [];
  #onWritten: (() => void)[] = [];
  #bytes = 0;

  constructor(context: RestoreContext, flow: Flow, directory: DirectoryInProgress) {
    this.#context = context;
    this.#flow = flow;
    this.#directory = directory;
  }

  /** Adds a file with all its contents; `onWritten` is called when it is restored or that has failed. Waits while too many
   *  tasks are under way. */
  async add(entry: DirectoryEntry, parts: readonly FilePart[], onWritten: () => void): Promise<void> {
    if (this.#bytes > 0 && this.#bytes + entry.size > BATCH_BYTES) await this.flush();
    this.#files.push({ entry, parts });
    this.#onWritten.push(onWritten);
    this.#bytes += entry.size;
    if (this.#files.length >= BATCH_FILES || this.#bytes >= BATCH_BYTES) await this.flush();
  }

  /** Sends off what has gathered, and `specials` with it; `onSpecialWritten` as for `add`. */
  async flush(
    specials: readonly SpecialFile[] = [],
    onSpecialWritten: readonly (() => void)[] = [],
  ): Promise<void> {
    const files = this.#files;
    if (files.length === 0 && specials.length === 0) return;
    const onWritten = [...this.#onWritten, ...onSpecialWritten];
    this.#files = [];
    this.#onWritten = [];
    this.#bytes = 0;
    const directory = this.#directory;
    directory.begin();
    const end = (): void => {
      for (const written of onWritten) written();
      directory.end();
    };
    try {
      await this.#flow.start(async () => {
        await this.#run(files, specials).finally(end);
      });
    } catch (error) {
      end();
      throw error;
    }
  }

  /** Makes one special file, apart from what has gathered. */
  async restoreSpecial(special: SpecialFile): Promise<void> {
    await this.#run([], [special]);
  }

  /** Gives up what was not sent off: nobody may wait for it. */
  abandon(): void {
    for (const written of this.#onWritten) written();
  }

  async #run(files: readonly FileToRestore[], specials: readonly SpecialFile[]): Promise<void> {
    const { tasks, options, problems, fail, holesAreRecorded, signal } = this.#context;
    const { path, relativePath } = this.#directory;
    const about = { directory: path, relativePath, rules: options, holesAreRecorded };
    const reply = await tasks.run({ kind: 'restoreFiles', ...about, files, specials }, { signal });
    for (const failure of reply.failed) fail(failure.path, failure.error);
    for (const report of reply.problems) problems.merge(report);
  }
}

/** Path below the root of an entry of `directory`. */
export function pathIn(directory: DirectoryInProgress, name: string): string {
  return childPath(directory.relativePath, name);
}
