import { directObjectId } from '@holdfast/repository/worker';

import { type DirHandle, displayPath } from '../filesystem/path.ts';
import { readLink } from '../filesystem/read.ts';
import { deviceMajor, deviceMinor, type FileStat, lstatAt } from '../filesystem/stat.ts';
import { type CompressorChoice, compressorChoice, metadataCompressor } from '../policy/compression.ts';
import { EntryListBuilder } from '../snapshot/entry-list-builder.ts';
import type { EntryExtra, Hole } from '../snapshot/extra.ts';
import type { ByteName } from '../snapshot/names.ts';
import type { StatDigest } from '../stat-cache/stat-digest.ts';
import type { SpecialFile, SpecialType } from '../snapshot/specials.ts';
import type { FailedEntry } from '../snapshot/summary.ts';
import { type DirectoryTotals, FileTotals, timeParts } from '../snapshot/totals.ts';
import { encoderOf, type ThreadContext } from '../threads/thread-context.ts';
import { childPath, failureOf, isFileSystemError, isPlaceholderError } from './failures.ts';
import { type FileStorage, storeFile } from './file-content.ts';
import { entryExtra } from './entry-extra.ts';
import { foundLargeFile } from './found-large-file.ts';
import type { PreviousFiles } from './previous-files.ts';
import { canBeRemembered, reuseEntries } from './reuse-entries.ts';
import { readEntryOfPlaceholder, targetOfPlaceholder } from './placeholders.ts';
import { sliceOf } from './remaining-names.ts';
import { isToRehash } from './rehash.ts';
import { readAgain } from './read-again.ts';
import type { DirectoryPlace, Piece } from './tasks.ts';
import { entryTypeOf } from './unchanged.ts';

/** Bytes of changed files of one directory that a task reads before it leaves the rest to others. */
const TASK_BYTES = 8 << 20;
/** A small file costs as much as this many that are unchanged; each so many bytes as much as one. */
const EFFORT_A_FILE = 4;
const BYTES_AN_EFFORT = 4096;
/** Files at least this large are shared between workers. */
export const LARGE_FILE_BYTES: number = 48 << 20;

/** Which entries of a directory to upload. */
export interface EntriesToUpload extends DirectoryPlace {
  /** Whether these are all entries of the directory that are no directories. */
  readonly isWhole: boolean;
  readonly names: readonly ByteName[];
  readonly visibleNames: ReadonlyMap<ByteName, ByteName>;
  readonly previous: PreviousFiles;
}

/** What became of them. */
export interface UploadedEntries {
  readonly pieces: readonly Piece[];
  readonly totals: DirectoryTotals;
  /** Counted in the totals already. */
  readonly failed: readonly FailedEntry[];
  /** Files that were written to while they were read. */
  readonly changed: readonly string[];
  readonly specials: readonly SpecialFile[];
  /** What to remember for the next backup, when the directory was saved as it is. */
  readonly record?: Uint8Array | undefined;
  /** What reading files has taken, in looks at files that turned out unchanged. */
  readonly readingEffort: number;
}

/** Uploads entries of one directory that are no directories, in order; what fails is counted and passed over. */
export async function uploadEntries(
  context: ThreadContext,
  directory: DirHandle,
  work: EntriesToUpload,
): Promise<UploadedEntries> {
  const reused = reuseEntries(context, directory, work);
  if (reused !== undefined) return reused;
  const upload = new EntriesUpload(context, directory, work);
  for (const name of work.names) {
    const reading = upload.add(name);
    if (reading !== undefined) await reading;
  }
  return upload.finish();
}

/** What is stored of an entry. */
interface SavedContent {
  readonly objectId: string;
  readonly size: number;
  readonly extra: EntryExtra | undefined;
}

/** One read of a file, which looked like `stat` before it. */
interface ReadFile {
  readonly stat: FileStat;
  readonly changed: boolean;
  readonly saved: SavedContent;
}

class EntriesUpload {
  readonly #context: ThreadContext;
  readonly #directory: DirHandle;
  readonly #work: EntriesToUpload;
  readonly #compressor: CompressorChoice;
  readonly #metadataCompressor: string;
  readonly #pieces: Piece[] = [];
  readonly #list = new EntryListBuilder();
  readonly #totals = new FileTotals();
  readonly #specials: SpecialFile[] = [];
  readonly #failed: FailedEntry[] = [];
  readonly #changed: string[] = [];
  readonly #stats: StatDigest | undefined;
  #deferred: ByteName[] = [];
  #bytesRead = 0;
  #filesRead = 0;

  constructor(context: ThreadContext, directory: DirHandle, work: EntriesToUpload) {
    this.#context = context;
    this.#directory = directory;
    this.#work = work;
    this.#stats = canBeRemembered(work) ? context.stats?.begin() : undefined;
    this.#compressor = compressorChoice(work.policy);
    this.#metadataCompressor = metadataCompressor(work.policy) ?? '';
  }

  /** Undefined when nothing is left to wait for: a promise for each unchanged file would take a tenth of the time. */
  add(name: ByteName): Promise<void> | undefined {
    try {
      return this.#addEntry(name)?.catch((error: unknown) => this.#addFailure(name, error));
    } catch (error) {
      return this.#addFailure(name, error);
    }
  }

  #addEntry(name: ByteName): Promise<void> | undefined {
    const stat = lstatAt(this.#directory, name);
    this.#stats?.add(name, stat);
    const type = entryTypeOf(stat);
    if (type === 'f')
      return targetOfPlaceholder(name) === undefined ? this.#addFile(name, stat) : this.#addPlaceholder(name);
    if (type === undefined) this.#addSpecial(name, stat);
    else if (type === 's') this.#addSymlink(name, stat);
    return undefined;
  }

  #addFailure(name: ByteName, error: unknown): undefined {
    if (!isFileSystemError(error) && !isPlaceholderError(error)) throw error;
    this.#failed.push(failureOf(this.#work, name, error));
    this.#context.counters.add('failedFiles', 1);
  }

  finish(): UploadedEntries {
    this.#closeEntries();
    this.#closeDeferred();
    const ignores = this.#work.policy.errorHandling.ignoreFileErrors === true;
    const failures = ignores ? { failed: [], ignored: this.#failed } : { failed: this.#failed, ignored: [] };
    const totals = this.#totals.totals(failures);
    return {
      pieces: this.#pieces,
      totals,
      record: this.#record(totals),
      failed: this.#failed,
      changed: this.#changed,
      specials: this.#specials,
      readingEffort: this.#filesRead * EFFORT_A_FILE + this.#bytesRead / BYTES_AN_EFFORT,
    };
  }

  /** Undefined unless each name has become an entry, here and now. */
  #record({ entryCount }: DirectoryTotals): Uint8Array | undefined {
    const [list, ...others] = this.#pieces;
    if (this.#stats === undefined || list?.kind !== 'entries' || others.length > 0) return undefined;
    if (this.#changed.length > 0 || entryCount < this.#work.names.length) return undefined;
    const { path, policy } = this.#work;
    return this.#context.stats?.record(path, policy.files.maxFileSize ?? 0, list.json);
  }

  /** Saves the entry that a placeholder holds, which has been saved before. */
  async #addPlaceholder(name: ByteName): Promise<void> {
    const place = { handle: this.#directory, path: this.#work.path };
    const entry = await readEntryOfPlaceholder(this.#context, place, name, 'f');
    this.#context.counters.add('cachedFiles', 1);
    this.#context.counters.add('cachedBytes', entry.size);
    this.#closeDeferred();
    this.#list.append(entry);
    this.#totals.add('f', entry.size, timeParts(entry.mtimeNs));
  }

  #addFile(name: ByteName, stat: FileStat): Promise<void> | undefined {
    const { counters } = this.#context;
    const { maxFileSize = 0 } = this.#work.policy.files;
    if (maxFileSize > 0 && stat.size > maxFileSize) {
      counters.add('excludedFiles', 1);
      counters.add('excludedBytes', stat.size);
      return undefined;
    }
    const isReused = this.#work.previous.find(name, stat) === 'unchanged';
    if (isReused && !isToRehash(this.#work.rehash, stat)) {
      counters.add('cachedFiles', 1);
      counters.add('cachedBytes', stat.size);
      this.#reuse(name, stat);
    } else if (this.#bytesRead >= TASK_BYTES) this.#defer(name);
    else if (stat.size >= LARGE_FILE_BYTES) this.#leaveToAll(name, stat);
    else return this.#readFile(name, stat);
    return undefined;
  }

  #reuse(name: ByteName, stat: FileStat): void {
    const { previous } = this.#work;
    const extra = this.#extra(name, stat);
    this.#closeDeferred();
    if (extra === undefined && previous.copyTo(this.#list)) this.#totals.add('f', stat.size, stat);
    else this.#push(name, stat, { objectId: previous.objectId(), size: stat.size, extra });
  }

  async #readFile(name: ByteName, stat: FileStat): Promise<void> {
    const first = await this.#store(name, stat);
    const read = (first.changed ? await this.#readAgain(name) : undefined) ?? first;
    this.#context.counters.add('hashedFiles', 1);
    if (read.changed) {
      this.#context.counters.add('changedFiles', 1);
      this.#changed.push(displayPath(childPath(this.#work.relativePath, name)));
    }
    this.#push(name, read.stat, read.saved);
  }

  async #readAgain(name: ByteName): Promise<ReadFile | undefined> {
    const read = async (stat: FileStat): Promise<ReadFile> => await this.#store(name, stat);
    return await readAgain(this.#directory, name, this.#work.policy, read);
  }

  async #store(name: ByteName, stat: FileStat): Promise<ReadFile> {
    const extra = this.#extra(name, stat);
    const storage = this.#storageFor(name, stat.size, extra?.holes);
    const { objectId, length, changed } = await storeFile(
      this.#context,
      this.#directory.child(name),
      stat,
      storage,
    );
    this.#bytesRead += length;
    this.#filesRead++;
    this.#context.counters.add('hashedBytes', length);
    return { stat, changed, saved: { objectId, size: length, extra } };
  }

  #addSymlink(name: ByteName, stat: FileStat): void {
    const target = Buffer.from(readLink(this.#directory.child(name)), 'latin1');
    const id = encoderOf(this.#context).write('', target, this.#metadataCompressor);
    const saved = { objectId: directObjectId(id), size: target.length, extra: this.#extra(name, stat) };
    this.#push(name, stat, saved);
  }

  #addSpecial(name: ByteName, stat: FileStat): void {
    if (stat.kind === 'socket') this.#context.counters.add('skippedSockets', 1);
    const type = specialTypeOf(stat);
    if (type === undefined) return;
    const { mode, mtimeNs, uid, gid } = stat;
    const isDevice = type === 'char' || type === 'block';
    const extra = this.#extra(name, stat);
    this.#specials.push({
      name: this.#visibleName(name),
      type,
      mode,
      size: 0,
      mtimeNs,
      uid,
      gid,
      ...(isDevice && { device: { major: deviceMajor(stat.rdev), minor: deviceMinor(stat.rdev) } }),
      ...(extra && { extra }),
    });
  }

  #push(name: ByteName, stat: FileStat, saved: SavedContent): void {
    this.#closeDeferred();
    const { mode, mtimeNs, uid, gid } = stat;
    const { objectId, size, extra } = saved;
    const type = stat.kind === 'symlink' ? 's' : 'f';
    this.#list.append({
      name: this.#visibleName(name),
      type,
      mode,
      size,
      mtimeNs,
      uid,
      gid,
      objectId,
      ...(extra && { extra }),
    });
    this.#totals.add(type, size, stat);
  }

  #defer(name: ByteName): void {
    this.#closeEntries();
    this.#deferred.push(name);
  }

  #leaveToAll(name: ByteName, stat: FileStat): void {
    this.#closeEntries();
    this.#closeDeferred();
    const file = foundLargeFile(this.#directory, name, this.#visibleName(name), stat);
    this.#pieces.push({ kind: 'large', file });
  }

  #closeEntries(): void {
    if (this.#list.length > 0) this.#pieces.push({ kind: 'entries', json: this.#list.take() });
  }

  #closeDeferred(): void {
    if (this.#deferred.length > 0)
      this.#pieces.push({ kind: 'deferred', ...sliceOf(this.#deferred, this.#work.visibleNames) });
    this.#deferred = [];
  }

  #storageFor(name: ByteName, size: number, holes: readonly Hole[] = []): FileStorage {
    return {
      compressor: this.#compressor(name, size) ?? '',
      metadataCompressor: this.#metadataCompressor,
      splitter: this.#work.policy.splitter.algorithm ?? '',
      holes,
    };
  }

  #extra(name: ByteName, stat: FileStat): EntryExtra | undefined {
    return entryExtra(this.#directory, name, this.#visibleName(name), stat);
  }

  #visibleName(name: ByteName): ByteName {
    return this.#work.visibleNames.get(name) ?? name;
  }
}

function specialTypeOf(stat: FileStat): SpecialType | undefined {
  switch (stat.kind) {
    case 'fifo':
      return 'fifo';
    case 'socket':
      return undefined;
    case 'character':
      return 'char';
    case 'block':
      return 'block';
    default:
      return undefined;
  }
}
