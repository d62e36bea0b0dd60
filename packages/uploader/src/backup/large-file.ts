import { directObjectId, type IndirectEntry, parseContentId, storeParts } from '@holdfast/repository';

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
  const stored = await storeAllParts(upload, file);
  const objectId = await storeParts(workerSink(upload.pool), stored.parts, {
    prefix: '',
    metadataCompressor: metadataCompressor(file.policy) ?? '',
    listSplitter: upload.splitter,
  });
  const size = stored.parts.reduce((sum, part) => sum + part.length, 0);
  const { visibleName: name, attributes, extra } = file.file;
  const entry: DirectoryEntry = { name, type: 'f', ...attributes, size, objectId, ...(extra && { extra }) };
  return { entry, changed: stored.changed };
}

/** A file and how it is stored. */
interface FileToStore {
  readonly directory: string;
  readonly policy: Policy;
  readonly file: LargeFile;
}

/** The parts of a file, and whether it was written to meanwhile. */
interface StoredParts {
  readonly parts: readonly IndirectEntry[];
  readonly changed: boolean;
}

/** Above the policy's size kopia reads a file in parts, each cut on its own; a file of exactly that many bytes more has
 *  an empty part at its end. Source: kopia snapshot/upload/upload.go (uploadFileInternal). */
async function storeAllParts(upload: TreeUpload, file: FileToStore): Promise<StoredParts> {
  const { size } = file.file.attributes;
  const { parallelUploadAboveSize: partSize = 0 } = file.policy.upload;
  if (partSize <= 0 || size <= partSize)
    return await storeChain(upload, file, { start: 0, limit: UNLIMITED });
  const starts = Array.from({ length: Math.floor(size / partSize) + 1 }, (_, i) => i * partSize);
  const parts: IndirectEntry[] = [];
  let changed = false;
  for (const start of starts) {
    const limit = start === starts.at(-1) ? UNLIMITED : start + partSize;
    const stored = await storeChain(upload, file, { start, limit });
    parts.push(...stored.parts);
    changed ||= stored.changed;
  }
  return { parts, changed };
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
): Promise<StoredParts> {
  const chunks: Promise<IndirectEntry>[] = [];
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
      upload.pool.mainCounters.add('hashedBytes', zeros.length);
      next = offset + zeros.length;
      continue;
    }
    const step = startChunk(upload, chunkTask(file, offset, stretch.limit));
    const stored = step.stored.then((reply) => {
      changed ||= reply.changed;
      return indirectEntry(reply, offset);
    });
    stored.catch(() => undefined); // noticed below
    chunks.push(stored);
    const cut: Cut = await step.cut;
    next = cut.atEnd ? undefined : cut.nextOffset;
    const length = cut.nextOffset - offset;
    if (!cut.atEnd && length <= zeroBytes) zeros = { length, stored: step.stored };
    // A failed chunk must be noticed before the end of a file that may be terabytes long.
    if (chunks.length > CHUNKS_UNCHECKED) await chunks[chunks.length - CHUNKS_UNCHECKED];
  }
  const parts = await Promise.all(chunks);
  // Only a stretch that is empty as a whole has an empty chunk.
  return { parts: parts.filter(({ length }, i) => length > 0 || i === 0), changed };
}

const CHUNKS_UNCHECKED = 16;

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
