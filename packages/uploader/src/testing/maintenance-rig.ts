import {
  type BlobStorage,
  createMemoryStorage,
  createRepository,
  type CreateRepositoryOptions,
  parseObjectId,
  readWholeObject,
  Repository,
} from '@holdfast/repository';

import { createFakeClock, type FakeClock } from '../../../repository/src/testing/fake-clock.ts';
import { temporaryDirectory } from '../../../repository/src/testing/temporary-directory.ts';
import { readEntries } from '../restore/tree-reader.ts';
import { encodeDirectory } from '../snapshot/directory.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import { byteNameFromText, textOfByteName } from '../snapshot/names.ts';
import { NO_STATS } from '../snapshot/stats.ts';
import { listSnapshots, saveSnapshot } from '../snapshots/snapshot-store.ts';

/** A directory in a test: files with their text, directories. */
export interface Tree {
  readonly [name: string]: string | Tree;
}

/** Milliseconds. */
export const HOUR: number = 3_600_000;

/** A repository in memory whose time a test moves; snapshots are made without reading any files. */
export interface MaintenanceRig extends Disposable {
  readonly clock: FakeClock;
  readonly storage: BlobStorage;
  /** A client of its own, named after who owns maintenance unless said otherwise. */
  open(options?: { readonly storage?: BlobStorage; readonly username?: string }): Promise<Repository>;
}

/** An empty repository. */
export async function createMaintenanceRig(
  format: CreateRepositoryOptions['format'] = {},
): Promise<MaintenanceRig> {
  const clock = createFakeClock();
  const storage = createMemoryStorage({ clock });
  const directory = temporaryDirectory();
  let clients = 0;
  const optionsFor = (inner: BlobStorage, username: string): CreateRepositoryOptions => ({
    storage: inner,
    password: 'password',
    clock,
    client: { username, hostname: 'host' },
    cacheDirectory: `${directory.path}/${clients++}`,
    workers: 1,
  });
  const created = await createRepository({ ...optionsFor(storage, 'owner'), format });
  await created.close();
  return {
    clock,
    storage,
    open: async (options = {}) =>
      await Repository.open(optionsFor(options.storage ?? storage, options.username ?? 'owner')),
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}

/** Saves a tree as a snapshot and returns its ID. */
export async function takeSnapshot(repository: Repository, tree: Tree): Promise<string> {
  const rootEntry = await writeTree(repository, 'root', tree);
  const timeNs = BigInt(repository.clock.nowMs()) * 1_000_000n;
  const { id } = await saveSnapshot(repository, {
    id: '',
    description: '',
    startTimeNs: timeNs,
    endTimeNs: timeNs,
    stats: NO_STATS,
    source: { host: 'host', userName: 'owner', path: '/data' },
    tags: {},
    pins: [],
    rootEntry,
  });
  await repository.writer().flush();
  return id;
}

/** All snapshots, read back completely. Throws when anything can't be read. */
export async function readSnapshots(repository: Repository): Promise<ReadonlyMap<string, Tree>> {
  const trees = new Map<string, Tree>();
  for (const { id, rootEntry } of await listSnapshots(repository))
    if (rootEntry !== undefined) trees.set(id, await readTree(repository, rootEntry.objectId));
  return trees;
}

async function writeTree(repository: Repository, name: string, tree: Tree): Promise<DirectoryEntry> {
  const entries: DirectoryEntry[] = [];
  for (const [child, value] of Object.entries(tree))
    entries.push(
      typeof value === 'string'
        ? await writeFile(repository, child, value)
        : await writeTree(repository, child, value),
    );
  const json = encodeDirectory(entries, {
    size: 0,
    files: 0,
    symlinks: 0,
    dirs: 0,
    maxTimeNs: 0n,
    numFailed: 0,
    numIgnoredErrors: 0,
    errors: [],
  });
  const objectId = await repository.writer().contents.write('k', json, 'zstd-fastest');
  return { ...entryBase(name), type: 'd', objectId };
}

async function writeFile(repository: Repository, name: string, text: string): Promise<DirectoryEntry> {
  const object = repository.writer().object();
  await object.append(Buffer.from(text));
  const { objectId, length } = await object.finish();
  return { ...entryBase(name), type: 'f', size: length, objectId };
}

function entryBase(name: string): Omit<DirectoryEntry, 'type' | 'objectId'> {
  return { name: byteNameFromText(name), mode: 0o644, size: 0, mtimeNs: 0n, uid: 0, gid: 0 };
}

async function readTree(repository: Repository, objectId: string): Promise<Tree> {
  const tree: Record<string, string | Tree> = {};
  for await (const entry of readEntries(repository.contents, objectId))
    tree[textOfByteName(entry.name)] =
      entry.type === 'd'
        ? await readTree(repository, entry.objectId)
        : await readText(repository, entry.objectId);
  return tree;
}

async function readText(repository: Repository, objectId: string): Promise<string> {
  const bytes = await readWholeObject(repository.contents, parseObjectId(objectId), 1 << 30);
  return Buffer.from(bytes).toString();
}
