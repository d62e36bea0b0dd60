import { errnoCode } from '../filesystem/errno.ts';
import { nameOnDisk } from '../snapshot/entry.ts';
import type { Flow } from '../threads/flow.ts';
import { type FileBatches, pathIn } from './file-batches.ts';
import { type FirstName, type LinkableEntry, linkTo } from './hard-links.ts';
import type { RestoreContext } from './restore-context.ts';
import type { DirectoryInProgress } from './restore-directory.ts';

/** Links that wait at the same time for the content of their first names, in one task. */
const BATCH_LINKS = 256;

/** Gathers later names of hard-linked files of one directory, to be linked when the first ones are written. */
export class LinkBatches {
  readonly #context: RestoreContext;
  readonly #flow: Flow;
  readonly #directory: DirectoryInProgress;
  readonly #files: FileBatches;
  #links: { readonly first: FirstName; readonly entry: LinkableEntry }[] = [];

  /** First names may be among `files` of the same directory: those are sent off before anything waits. */
  constructor(context: RestoreContext, flow: Flow, directory: DirectoryInProgress, files: FileBatches) {
    this.#context = context;
    this.#flow = flow;
    this.#directory = directory;
    this.#files = files;
  }

  async add(first: FirstName, entry: LinkableEntry): Promise<void> {
    this.#links.push({ first, entry });
    if (this.#links.length >= BATCH_LINKS) await this.flush();
  }

  /** Sends off what has gathered. Waits while too many links do; whoever waits here holds no first name back. */
  async flush(): Promise<void> {
    const links = this.#links;
    if (links.length === 0) return;
    this.#links = [];
    await this.#files.flush();
    this.#directory.begin();
    await this.#flow.start(async () => {
      try {
        for (const { first, entry } of links) await this.#link(first, entry);
      } finally {
        this.#directory.end();
      }
    });
  }

  async #link(first: FirstName, entry: LinkableEntry): Promise<void> {
    await first.written;
    // Of an interrupted restore it may be half a file.
    this.#context.signal?.throwIfAborted();
    try {
      linkTo(this.#context, first, this.#directory, entry);
    } catch (error) {
      // The user may not make devices: each of its names says so, as one kind of refusal.
      if (!('objectId' in entry) && errnoCode(error) === 'ENOENT')
        return await this.#files.restoreSpecial(entry);
      this.#context.fail(pathIn(this.#directory, nameOnDisk(entry)), error);
    }
  }
}
