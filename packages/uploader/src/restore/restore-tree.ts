import { realpathSync, statSync } from 'node:fs';
import type { ContentSource } from '@holdfast/repository';

import { makeDirectory } from '../filesystem/entries.ts';
import { tolerate } from '../filesystem/errno.ts';
import { bytePath, displayPath, nodePath, openDirHandle } from '../filesystem/path.ts';
import { lstatIfExists } from '../filesystem/stat.ts';
import { type DirectoryEntry, nameOnDisk } from '../snapshot/entry.ts';
import { isSafeEntryName } from '../snapshot/names.ts';
import type { FailedEntry } from '../snapshot/summary.ts';
import { Flow } from '../threads/flow.ts';
import type { WorkerPool } from '../threads/worker-pool.ts';
import { UploaderError } from '../errors.ts';
import { AttributeReports } from './attribute-reports.ts';
import type { ContentTasks } from './content-tasks.ts';
import { FileBatches, pathIn } from './file-batches.ts';
import { HardLinks } from './hard-links.ts';
import { LinkBatches } from './link-batches.ts';
import type { RestoreOptions } from './options.ts';
import { FailureList, type RestoreContext } from './restore-context.ts';
import { ExistingEntries, type Removed, removePlaceholder } from './existing-entries.ts';
import { canHavePlaceholder, PLACEHOLDER_SUFFIX, writePlaceholder } from './placeholder.ts';
import { namesIn } from './remove-tree.ts';
import { DirectoryInProgress, type DirectoryPlace } from './restore-directory.ts';
import { restoreLargeFile } from './restore-large-file.ts';
import { restoreSpecials } from './restore-specials.ts';
import type { AttributeReport, FilePart } from './tasks.ts';
import { fileParts, readDirectory } from './tree-reader.ts';

/** What a restore works with. */
export interface RestoreParts {
  readonly source: ContentSource;
  readonly pool: WorkerPool;
  readonly tasks: ContentTasks;
  readonly options: RestoreOptions;
  readonly signal?: AbortSignal | undefined;
  /** Told of each entry that fails, at once. */
  readonly onFailure?: (failure: FailedEntry) => void;
}

/** What came of a restore. */
export interface RestoreResult {
  readonly failedCount: number;
  /** The first hundred. */
  readonly failed: readonly FailedEntry[];
  /** Attributes that were refused, by kind. */
  readonly problems: readonly AttributeReport[];
  /** Images of block volumes, which have no place in a directory: the paths of their devices. */
  readonly skippedImages: readonly string[];
  /** What `deleteExtra` took away; a directory counts once, with all that was in it. */
  readonly removed: Readonly<Removed>;
}

/** Tasks of files under way at a time. */
const FILE_TASKS_AT_ONCE = 12;
/** Batches of hard links that wait for their first names. */
const LINK_TASKS_AT_ONCE = 16;
/** Directories being read at a time. */
const WALKERS = 4;
/** Larger files are written by several workers. */
const LARGE_FILE_BYTES = 16 << 20;

/** Restores what `entry` describes to the absolute path `target`. A file that fails does not stop the others; what can't
 *  be done at all (the target is in the way, storage is out of reach) rejects. Nothing is written outside of `target`. */
export async function restoreTree(
  parts: RestoreParts,
  entry: DirectoryEntry,
  target: string,
): Promise<RestoreResult> {
  const failures = new FailureList(parts.onFailure ?? (() => undefined));
  const problems = new AttributeReports();
  const context: RestoreContext = {
    ...parts,
    signal: parts.signal,
    holesAreRecorded: entry.extra?.complete === true,
    problems,
    removed: { directories: 0, files: 0, symlinks: 0 },
    fail: (path, error) => failures.add(path, error),
  };
  const restore = new TreeRestore(context, targetOf(entry, bytePath(target)));
  await restore.run(entry);
  if (failures.count === 0) removePlaceholderOf(bytePath(target));
  return {
    failedCount: failures.count,
    failed: failures.first,
    problems: problems.list(),
    skippedImages: restore.skippedImages,
    removed: context.removed,
  };
}

/** A link to a directory is a good target: it is not out of a snapshot. */
function targetOf({ type }: DirectoryEntry, target: string): string {
  const isLink = type === 'd' && lstatIfExists(nodePath(target))?.kind === 'symlink';
  if (!isLink || statSync(nodePath(target), { throwIfNoEntry: false })?.isDirectory() !== true) return target;
  return realpathSync(nodePath(target), { encoding: 'buffer' }).toString('latin1');
}

/** A file does not take the place of a directory, nor of a link to one: whoever names it means a file in it. */
function refuseDirectory(target: string): void {
  const path = nodePath(target);
  const found = tolerate(['ELOOP'], () => statSync(path, { throwIfNoEntry: false }));
  if (found?.isDirectory() !== true) return;
  const shown = displayPath(target);
  throw new UploaderError(
    'TARGET_IS_DIRECTORY',
    `${shown} is a directory: name the file to write, such as ${shown}/name`,
    { path: shown },
  );
}

function removePlaceholderOf(target: string): void {
  const slash = target.lastIndexOf('/');
  const name = target.slice(slash + 1);
  if (name === '' || !canHavePlaceholder(name)) return;
  removePlaceholder(target.slice(0, slash) || '/', `${name}${PLACEHOLDER_SUFFIX}`);
}

/** What one directory's entries are given to. */
interface DirectoryWork {
  readonly batches: FileBatches;
  readonly links: LinkBatches;
  /** Undefined in a new directory. */
  readonly existing: ExistingEntries | undefined;
}

class TreeRestore {
  readonly #context: RestoreContext;
  readonly #target: string;
  readonly #walkers = new Flow(WALKERS);
  readonly #flow = new Flow(FILE_TASKS_AT_ONCE);
  readonly #linkFlow = new Flow(LINK_TASKS_AT_ONCE);
  readonly #links: HardLinks;
  /** Directories to read; the newest first, so that few are open at a time. */
  readonly #stack: DirectoryInProgress[] = [];
  readonly skippedImages: string[] = [];

  /** `target` is a byte path. */
  constructor(context: RestoreContext, target: string) {
    this.#context = context;
    this.#target = target;
    this.#links = new HardLinks(target);
  }

  async run(entry: DirectoryEntry): Promise<void> {
    try {
      if (entry.type === 'd') await this.#runDirectory(entry, this.#target);
      else await this.#runSingleFile(entry, this.#target);
    } finally {
      await this.#settle();
    }
  }

  /** Large files that are under way when a restore ends early take away what there is of them. */
  async #settle(): Promise<void> {
    for (const flow of [this.#walkers, this.#flow, this.#linkFlow]) await flow.settle();
  }

  async #runDirectory(entry: DirectoryEntry, path: string): Promise<void> {
    this.#stack.push(this.#enter(entry, { path, relativePath: '' }, undefined));
    for (;;) {
      const next = this.#stack.pop();
      if (next === undefined) {
        await this.#walkers.finish();
        if (this.#stack.length === 0) break;
        continue;
      }
      this.#context.signal?.throwIfAborted();
      await this.#walkers.start(async () => await this.#restoreDirectory(next));
    }
    await this.#flow.finish();
    await this.#linkFlow.finish();
  }

  /** A snapshot can be of one file: it gets the target's name. */
  async #runSingleFile(entry: DirectoryEntry, target: string): Promise<void> {
    refuseDirectory(target);
    const slash = target.lastIndexOf('/');
    const root: DirectoryEntry = { ...entry, type: 'd', size: 0 };
    const place = { path: target.slice(0, slash) || '/', relativePath: '' };
    const directory = new DirectoryInProgress(this.#context, root, place, undefined);
    const renamed = { ...entry, name: target.slice(slash + 1) as DirectoryEntry['name'] };
    const batches = new FileBatches(this.#context, this.#flow, directory);
    await this.#writeFile(directory, batches, renamed, () => undefined);
    await batches.flush();
    await this.#flow.finish();
  }

  /** Makes a directory; throws when its place is taken. */
  #enter(
    entry: DirectoryEntry,
    place: DirectoryPlace,
    parent: DirectoryInProgress | undefined,
  ): DirectoryInProgress {
    let existed = false;
    const handle = openDirHandle(place.path.slice(0, place.path.lastIndexOf('/')) || '/');
    try {
      const path = handle.child(place.path.slice(place.path.lastIndexOf('/') + 1));
      existed = makeDirectory(path) === 'existed';
      if (existed) this.#checkMayEnter(place.path);
    } finally {
      handle.close();
    }
    return new DirectoryInProgress(this.#context, entry, { ...place, existed }, parent);
  }

  #checkMayEnter(path: string): void {
    if (this.#context.options.overwriteDirectories || namesIn(path).length === 0) return;
    throw new UploaderError(
      'TARGET_NOT_EMPTY',
      `${path} exists and is not empty; choose another target or allow it with --overwrite-directories`,
      { path },
    );
  }

  async #restoreDirectory(directory: DirectoryInProgress): Promise<void> {
    const { source, signal, removed, options } = this.#context;
    const batches = new FileBatches(this.#context, this.#flow, directory);
    const links = new LinkBatches(this.#context, this.#linkFlow, directory, batches);
    try {
      const existing = directory.existed ? new ExistingEntries(directory.path) : undefined;
      if (options.deleteExtra) await existing?.removeExtra(source, directory.entry.objectId, removed, signal);
      const items = readDirectory(source, directory.entry.objectId, signal);
      for await (const item of items) {
        const work = { batches, links, existing };
        if (item.kind === 'tail')
          await restoreSpecials(
            directory,
            { ...work, hardLinks: this.#links },
            item.tail.extra?.specials ?? [],
          );
        else await this.#restoreEntry(directory, work, item.entry);
      }
      await links.flush();
    } catch (error) {
      this.#context.signal?.throwIfAborted();
      await batches.flush();
      await links.flush();
      this.#context.fail(directory.relativePath, error);
    } finally {
      batches.abandon();
      directory.end();
    }
  }

  async #restoreEntry(
    directory: DirectoryInProgress,
    work: DirectoryWork,
    entry: DirectoryEntry,
  ): Promise<void> {
    const name = nameOnDisk(entry);
    try {
      if (isBlockImage(directory, entry)) return void this.skippedImages.push(displayPath(name));
      if (!isSafeEntryName(name)) throw unsafeName(name);
      if (this.#isShallow(directory, entry)) return this.#restoreShallowly(directory, entry);
      const placeholder = work.existing?.placeholderOf(name);
      if (placeholder !== undefined) directory.replaces(placeholder);
      if (entry.type === 'd') this.#descend(directory, entry);
      else await this.#addFile(directory, work, entry);
    } catch (error) {
      this.#context.signal?.throwIfAborted();
      this.#context.fail(pathIn(directory, name), error);
    }
  }

  /** Whether a placeholder is enough. Links have none. Source: kopia snapshot/restore/restore.go (copyEntryInternal). */
  #isShallow({ depth }: DirectoryInProgress, entry: DirectoryEntry): boolean {
    const { shallowDepth = Infinity, shallowMinSize } = this.#context.options;
    if (depth < shallowDepth || entry.type === 's' || !canHavePlaceholder(nameOnDisk(entry))) return false;
    return entry.type === 'd' || entry.size >= shallowMinSize;
  }

  #restoreShallowly(directory: DirectoryInProgress, entry: DirectoryEntry): void {
    writePlaceholder(directory, entry, this.#context.options, this.#context.problems);
    this.#context.pool.mainCounters.add('restoredFiles', 1);
  }

  #descend(parent: DirectoryInProgress, entry: DirectoryEntry): void {
    const name = nameOnDisk(entry);
    const path = parent.path.endsWith('/') ? `${parent.path}${name}` : `${parent.path}/${name}`;
    const child = this.#enter(entry, { path, relativePath: pathIn(parent, name) }, parent);
    parent.begin();
    this.#stack.push(child);
  }

  async #addFile(
    directory: DirectoryInProgress,
    { batches, links }: DirectoryWork,
    entry: DirectoryEntry,
  ): Promise<void> {
    const met = this.#links.meet(directory, entry);
    if (met.kind === 'link') return await links.add(met.first, entry);
    try {
      await this.#writeFile(directory, batches, entry, met.written);
    } catch (error) {
      met.written();
      throw error;
    }
  }

  /** Sends a file off; `onWritten` is called when it is restored or that has failed, unless this rejects. */
  async #writeFile(
    directory: DirectoryInProgress,
    batches: FileBatches,
    entry: DirectoryEntry,
    onWritten: () => void,
  ): Promise<void> {
    const parts = fileParts(this.#context.source, entry, this.#context.signal);
    if (entry.size <= LARGE_FILE_BYTES) return await batches.add(entry, await collect(parts), onWritten);
    directory.begin();
    await this.#flow.start(async () => {
      try {
        await restoreLargeFile(this.#context, directory, entry, parts);
      } finally {
        onWritten();
        directory.end();
      }
    });
  }
}

async function collect(parts: AsyncIterable<FilePart>): Promise<readonly FilePart[]> {
  const all: FilePart[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

/** Velero saves a block volume as the only file of a directory, named by the path of its device. */
function isBlockImage(directory: DirectoryInProgress, { type, name }: DirectoryEntry): boolean {
  return directory.relativePath === '' && type === 'f' && name.startsWith('/dev/');
}

function unsafeName(name: string): UploaderError {
  return new UploaderError(
    'NAME_UNSAFE',
    `refused: the snapshot holds an entry named ${JSON.stringify(name)}, which would lead out of its directory`,
  );
}
