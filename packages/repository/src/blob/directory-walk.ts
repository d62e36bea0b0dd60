import type { Dir, Dirent } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoName } from './errno.ts';
import { blobIdOfFile, mayHoldPrefix } from './sharding.ts';
import type { BlobId, BlobMetadata } from './storage.ts';

/** How a tree is listed. */
export interface WalkOptions {
  /** Directories read at the same time. */
  readonly parallelism: number;
  readonly signal?: AbortSignal | undefined;
}

/** Entries of a directory read in one step: what a listing holds in memory is this many for each of `parallelism`. */
const ENTRIES_A_STEP = 256;

/** A directory to be read, or to be read on when it is open. */
interface Place {
  readonly path: string;
  /** Names of the directories from the root to here, strung together: the start of every blob's name in it. */
  readonly names: string;
  readonly open?: Dir;
}

interface Step {
  readonly blobs: readonly BlobMetadata[];
  /** Where to go on, the next one last. */
  readonly places: readonly Place[];
}

/** The blobs below `root` whose names start with `prefix`, in no order; directories that can't hold any are not opened.
 *  Files that vanish meanwhile are left out. Throws system errors, or the signal's reason. */
export async function* walkBlobs(
  root: string,
  prefix: string,
  { parallelism, signal }: WalkOptions,
): AsyncGenerator<BlobMetadata, void, undefined> {
  const waiting: Place[] = [{ path: root, names: '' }];
  const running = new Map<Place, Promise<readonly [Place, Step]>>();
  try {
    for (;;) {
      signal?.throwIfAborted();
      startSteps(waiting, running, parallelism, prefix);
      if (running.size === 0) return;
      const [place, step] = await Promise.race(running.values());
      running.delete(place);
      waiting.push(...step.places);
      for (const blob of step.blobs) {
        signal?.throwIfAborted();
        yield blob;
      }
    }
  } finally {
    await closeAll(waiting, running);
  }
}

/** Takes places from the end, so that the walk goes deep first and few directories are open at a time. */
function startSteps(
  waiting: Place[],
  running: Map<Place, Promise<readonly [Place, Step]>>,
  parallelism: number,
  prefix: string,
): void {
  while (running.size < parallelism) {
    const place = waiting.pop();
    if (place === undefined) return;
    running.set(
      place,
      takeStep(place, prefix).then((step) => [place, step]),
    );
  }
}

async function takeStep(place: Place, prefix: string): Promise<Step> {
  const open = place.open ?? (await openPlace(place));
  if (open === undefined) return { blobs: [], places: [] };
  let entries: readonly Dirent[] = [];
  try {
    entries = await readEntries(open);
    const blobs = await Promise.all(blobFiles(place, entries, prefix).map(metadataOf));
    const ended = entries.length < ENTRIES_A_STEP;
    if (ended) await open.close();
    return {
      blobs: blobs.filter((blob) => blob !== undefined),
      places: [...(ended ? [] : [{ ...place, open }]), ...subdirectories(place, entries, prefix)],
    };
  } catch (error) {
    await open.close();
    throw error;
  }
}

/** Undefined when the directory vanished; a missing root is an error. */
async function openPlace({ path, names }: Place): Promise<Dir | undefined> {
  try {
    return await opendir(path, { bufferSize: ENTRIES_A_STEP });
  } catch (error) {
    if (errnoName(error) === 'ENOENT' && names !== '') return undefined;
    throw error;
  }
}

async function readEntries(open: Dir): Promise<readonly Dirent[]> {
  const entries: Dirent[] = [];
  while (entries.length < ENTRIES_A_STEP) {
    const entry = await open.read();
    if (entry === null) break;
    entries.push(entry);
  }
  return entries;
}

function subdirectories({ path, names }: Place, entries: readonly Dirent[], prefix: string): Place[] {
  return entries
    .filter((entry) => entry.isDirectory() && mayHoldPrefix(names + entry.name, prefix))
    .map((entry) => ({ path: join(path, entry.name), names: names + entry.name }));
}

function blobFiles({ path, names }: Place, entries: readonly Dirent[], prefix: string): [BlobId, string][] {
  const files: [BlobId, string][] = [];
  for (const entry of entries) {
    const id = entry.isDirectory() ? undefined : blobIdOfFile(names, entry.name);
    if (id?.startsWith(prefix) === true) files.push([id, join(path, entry.name)]);
  }
  return files;
}

async function metadataOf([id, path]: [BlobId, string]): Promise<BlobMetadata | undefined> {
  try {
    return await statBlob(id, path);
  } catch (error) {
    if (errnoName(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Metadata of the file at `path`, which holds blob `id`. Throws system errors. */
export async function statBlob(id: BlobId, path: string): Promise<BlobMetadata> {
  const { size, mtimeMs } = await stat(path);
  return { id, length: size, timestampMs: Math.trunc(mtimeMs) };
}

async function closeAll(
  waiting: readonly Place[],
  running: ReadonlyMap<Place, Promise<readonly [Place, Step]>>,
): Promise<void> {
  const settled = await Promise.allSettled(running.values());
  const places = settled.flatMap((result) => (result.status === 'fulfilled' ? result.value[1].places : []));
  await Promise.all([...waiting, ...places].map(async ({ open }) => await open?.close()));
}
