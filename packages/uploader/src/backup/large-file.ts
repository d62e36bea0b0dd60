import { directObjectId, type IndirectEntry, parseContentId, PartsWriter } from '@holdfast/repository';

import { displayPath, openDirHandle } from '../filesystem/path.ts';
import { compressorChoice, metadataCompressor } from '../policy/compression.ts';
import type { Policy } from '../policy/policy.ts';
import type { Hole } from '../snapshot/extra.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import { childPath } from './failures.ts';
import { foundLargeFile } from './found-large-file.ts';
import { readAgain } from './read-again.ts';
import type { ChunkReply, ChunkTask, LargeFile } from './tasks.ts';
import { type DirectoryToUpload, type TreeUpload, workerSink } from './tree-upload.ts';

/** Uploads one large file with all workers and returns its entry. Throws what reading or storing it throws. */
export async function largeFileEntry(
  upload: TreeUpload,
  { path: directory, relativePath }: Pick<DirectoryToUpload, 'path' | 'relativePath'>,
  policy: Policy,
  file: LargeFile,
): Promise<DirectoryEntry> {
  const first = await readLargeFile(upload, { directory, policy, file });
  const again = first.changed ? await readLargeFileAgain(upload, { directory, policy, file }) : undefined;
  const { entry, changed } = again ?? first;
  upload.pool.mainCounters.add('hashedFiles', 1);
  if (!changed) return entry;
  upload.pool.mainCounters.add('changedFiles', 1);
  upload.onChanged(displayPath(childPath(relativePath, file.name)));
  return entry;
}

/** One read of a file; what is stored of a changed one may never have existed as a whole. */
interface ReadLargeFile {
  readonly entry: DirectoryEntry;
  readonly changed: boolean;
}

async function readLargeFileAgain(
  upload: TreeUpload,
  { directory, policy, file: { name, visibleName } }: FileToStore,
): Promise<ReadLargeFile | undefined> {
  const handle = openDirHandle(directory);
  try {
    return await readAgain(handle, name, policy, async (stat) => {
      const file = foundLargeFile(handle, name, visibleName, stat);
      return await readLargeFile(upload, { directory, policy, file });
    });
  } finally {
    handle.close();
  }
}

async function readLargeFile(upload: TreeUpload, file: FileToStore): Promise<ReadLargeFile> {
  const parts = new PartsWriter(workerSink(upload.pool), {
    prefix: '',
    metadataCompressor: metadataCompressor(file.policy) ?? '',
    listSplitter: upload.splitter,
  });
  const { length: size, changed } = await storeAllParts(upload, file, parts);
  const objectId = await parts.finish();
  const { visibleName: name, attributes, extra } = file.file;
  const entry: DirectoryEntry = { name, type: 'f', ...attributes, size, objectId, ...(extra && { extra }) };
  return { entry, changed };
}

/** A file and how it is stored. */
interface FileToStore {
  readonly directory: string;
  readonly policy: Policy;
  readonly file: LargeFile;
}

/** How long what was stored is, and whether the file was written to meanwhile. */
interface StoredParts {
  readonly length: number;
  readonly changed: boolean;
}

/** Above the policy's size kopia reads a file in parts, each cut on its own; a file of exactly that many bytes more has
 *  an empty part at its end. Source: kopia snapshot/upload/upload.go (uploadFileInternal). */
async function storeAllParts(
  upload: TreeUpload,
  file: FileToStore,
  parts: PartsWriter,
): Promise<StoredParts> {
  const { size } = file.file.attributes;
  const { parallelUploadAboveSize: partSize = 0 } = file.policy.upload;
  if (partSize <= 0 || size <= partSize)
    return await storeChain(upload, file, { start: 0, limit: UNLIMITED }, parts);
  const lastStart = Math.floor(size / partSize) * partSize;
  let length = 0;
  let changed = false;
  for (let start = 0; start <= lastStart; start += partSize) {
    const limit = start === lastStart ? UNLIMITED : start + partSize;
    const stored = await storeChain(upload, file, { start, limit }, parts);
    length += stored.length;
    changed ||= stored.changed;
  }
  return { length, changed };
}

/** Of any splitter. */
const LONGEST_CHUNK = 16 << 20;
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** Stores a stretch of the file chunk by chunk: a chunk is given to a worker as soon as the worker before has found
 *  where it starts. */
async function storeChain(
  upload: TreeUpload,
  file: FileToStore,
  stretch: { readonly start: number; readonly limit: number },
  parts: PartsWriter,
): Promise<StoredParts> {
  const chunks = new ChunkQueue(parts);
  const holes = file.file.extra?.holes ?? [];
  let zeros: ZeroChunk | undefined;
  let changed = false;
  let next: number | undefined = stretch.start;
  while (next !== undefined) {
    upload.signal?.throwIfAborted();
    const offset: number = next;
    const zeroBytes = Math.min(holeEnd(holes, offset), stretch.limit) - offset;
    if (zeros !== undefined && zeros.length <= zeroBytes) {
      chunks.push(zeros.stored.then((reply) => indirectEntry(reply, offset)));
      await chunks.makeRoom();
      upload.pool.mainCounters.add('hashedBytes', zeros.length);
      next = offset + zeros.length;
      continue;
    }
    const step = startChunk(upload, chunkTask(file, offset, stretch.limit));
    const stored = step.stored.then((reply) => {
      changed ||= reply.changed;
      return indirectEntry(reply, offset);
    });
    chunks.push(stored);
    const cut: Cut = await step.cut;
    await chunks.makeRoom();
    next = cut.atEnd ? undefined : cut.nextOffset;
    const length = cut.nextOffset - offset;
    if (!cut.atEnd && length <= zeroBytes) zeros = { length, stored: step.stored };
  }
  return { length: await chunks.finish(), changed };
}

/** Chunks of a stretch on their way into the list of the file's parts, in order. */
class ChunkQueue {
  readonly #parts: PartsWriter;
  readonly #waiting: Promise<IndirectEntry>[] = [];
  #isEmpty = true;
  #length = 0;

  constructor(parts: PartsWriter) {
    this.#parts = parts;
  }

  push(chunk: Promise<IndirectEntry>): void {
    chunk.catch(() => undefined); // noticed when its turn comes
    this.#waiting.push(chunk);
  }

  /** Waits until few chunks are waiting. Throws what storing one of the others has thrown: the end of the file may be
   *  terabytes away. */
  async makeRoom(): Promise<void> {
    while (this.#waiting.length > CHUNKS_AHEAD) await this.#addNext();
  }

  /** Waits for all of them and returns their length. */
  async finish(): Promise<number> {
    while (this.#waiting.length > 0) await this.#addNext();
    return this.#length;
  }

  async #addNext(): Promise<void> {
    const part = await this.#waiting.shift();
    if (part === undefined) return;
    // Only a stretch that is empty as a whole has an empty chunk.
    if (part.length > 0 || this.#isEmpty) await this.#parts.add(part);
    this.#isEmpty = false;
    this.#length += part.length;
  }
}

const CHUNKS_AHEAD = 16;

/** A chunk that was cut in a hole. A cut depends on the bytes of its own chunk only, so every chunk that starts in a hole
 *  with as many bytes of it ahead is cut and stored alike: it need not be made, cut and hashed again. */
interface ZeroChunk {
  readonly length: number;
  readonly stored: Promise<ChunkReply>;
}

/** Where the hole around `offset` ends; `offset` itself where there is none. */
function holeEnd(holes: readonly Hole[], offset: number): number {
  const hole = holes.find(({ start, length }) => start <= offset && offset < start + length);
  return hole === undefined ? offset : hole.start + hole.length;
}

interface Cut {
  readonly nextOffset: number;
  readonly atEnd: boolean;
}

interface ChunkStep {
  readonly cut: Promise<Cut>;
  readonly stored: Promise<ChunkReply>;
}

function startChunk(upload: TreeUpload, task: ChunkTask): ChunkStep {
  const { promise: cut, resolve, reject } = Promise.withResolvers<Cut>();
  const onCut = (nextOffset: number, atEnd: boolean): void => resolve({ nextOffset, atEnd });
  const stored = upload.pool.run(task, { isUrgent: true, onCut });
  stored.catch(reject);
  return { cut, stored };
}

function chunkTask({ directory, policy, file }: FileToStore, offset: number, limit: number): ChunkTask {
  return {
    kind: 'chunk',
    directory,
    name: file.name,
    identity: file.identity,
    offset,
    limit,
    compressor: compressorChoice(policy)(file.name, file.attributes.size) ?? '',
    splitter: policy.splitter.algorithm ?? '',
    holes: holesNear(file.extra?.holes ?? [], offset),
  };
}

/** Those that one chunk can touch. */
function holesNear(holes: readonly Hole[], offset: number): readonly Hole[] {
  return holes.filter(({ start, length }) => start + length > offset && start < offset + LONGEST_CHUNK);
}

function indirectEntry({ contentId, length }: ChunkReply, start: number): IndirectEntry {
  return { start, length, objectId: directObjectId(parseContentId(contentId)) };
}
