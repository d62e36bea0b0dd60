import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type BlobStorage,
  createFileSystemStorage,
  createRepository,
  type CreateRepositoryOptions,
  Repository,
  repositoryErrorCode,
} from '@holdfast/repository';
import {
  DEFAULT_RESTORE_OPTIONS,
  listSnapshots,
  restoreSnapshot,
  type RestoreOptions,
  type RestoreResult,
  type SnapshotManifest,
  type SnapshotSource,
  uploaderErrorCode,
  uploadSnapshot,
  type UploadOptions,
  type UploadResult,
  verifySnapshots,
} from '@holdfast/uploader';

/** Password of repositories that tests make; also what `openTool('kopia')` uses. */
export const PASSWORD = 'test-password';

/** A directory for what a test makes, gone with it (`using`). */
export interface Scratch extends Disposable {
  readonly path: string;
  /** A path in it. */
  at(...names: readonly string[]): string;
}

/** Makes an empty directory below `place`. */
export function openScratch(place: string = tmpdir()): Scratch {
  const path = mkdtempSync(join(place, 'holdfast-test-'));
  return {
    path,
    at: (...names) => join(path, ...names),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

type Format = NonNullable<CreateRepositoryOptions['format']>;

/** Makes a repository of the local file system, with its cache beside it. */
export async function createLocal(path: string, format: Format = {}): Promise<Repository> {
  const storage = await createFileSystemStorage({ path }, 'create');
  return await createRepository({ ...optionsFor(storage, path), format });
}

/** Opens one that exists. */
export async function openLocal(path: string, password: string = PASSWORD): Promise<Repository> {
  const storage = await createFileSystemStorage({ path }, 'read-write');
  return await Repository.open({ ...optionsFor(storage, path), password });
}

/** How tests open a storage; `name` tells caches apart. */
export function optionsFor(storage: BlobStorage, name: string): CreateRepositoryOptions {
  const client = { username: 'user', hostname: 'host' };
  return { storage, password: PASSWORD, cacheDirectory: `${name}-cache`, client, workers: 2 };
}

/** The source under which tests keep snapshots of `path`. */
export function sourceOf(path: string): SnapshotSource {
  return { userName: 'user', host: 'host', path };
}

/** Saves a directory or file. */
export async function backUp(
  repository: Repository,
  path: string,
  options: Partial<UploadOptions> = {},
): Promise<UploadResult> {
  return await uploadSnapshot(repository, { source: sourceOf(path), path, ...options });
}

/** Restores a snapshot with default options but those given. */
export async function restore(
  repository: Repository,
  { id, rootEntry }: SnapshotManifest,
  target: string,
  options: Partial<RestoreOptions> = {},
): Promise<RestoreResult> {
  if (rootEntry === undefined) throw new Error(`snapshot ${id} has no root`);
  const all = { ...DEFAULT_RESTORE_OPTIONS, ...options };
  return await restoreSnapshot(repository, { entry: rootEntry, target, options: all });
}

/** Reads every file of the snapshots, by default of all; the failures, empty when all is well. */
export async function verifyAll(
  repository: Repository,
  snapshots?: readonly SnapshotManifest[],
): Promise<readonly string[]> {
  const chosen = snapshots ?? (await listSnapshots(repository));
  const { failed } = await verifySnapshots(repository, { snapshots: chosen, filesPercent: 100 });
  return failed.map(({ path, error }) => `${path}: ${error}`);
}

/** The code of what `work` rejects with; undefined when it doesn't, the error itself when it has none. */
export async function errorCode(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return repositoryErrorCode(error) ?? uploaderErrorCode(error) ?? error;
  }
}
