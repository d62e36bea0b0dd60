import { type FileHandle, open, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RepositoryError } from '../errors.ts';
import type { StorageAccess } from './access.ts';
import { statBlob, walkBlobs } from './directory-walk.ts';
import { createDirectoryMaker, type FileCreation, replaceFile, syncDirectory } from './durable-file.ts';
import { errnoName, type FileAttempt, storageError } from './errno.ts';
import type { FileSystemOptions } from './filesystem-options.ts';
import { type FileSystemLayout, openLayout } from './filesystem-layout.ts';
import { memoryFor, type ResolvedRange, resolveRange } from './range.ts';
import { withReadOnly } from './read-only.ts';
import { relativePath } from './sharding.ts';
import type {
  BlobId,
  BlobRange,
  BlobReader,
  BlobStorage,
  GetOptions,
  LocalBlobFiles,
  PutOptions,
} from './storage.ts';

/** kopia's default is 1; the thread pool that serves file system calls has 4 threads. */
const LIST_PARALLELISM = 4;

/** A read call takes at most 2^31 - 1 bytes. */
const BYTES_A_READ = 1 << 30;

/** Blobs as files below a directory, in kopia's layout.
 *  Never changes times of files; any number of processes may use the directory at once.
 *  Throws STORAGE_NOT_FOUND when the directory is missing, FORMAT_CORRUPT when its sharding can't be read.
 *  Source: kopia repo/blob/filesystem, repo/blob/sharded. */
export async function createFileSystemStorage(
  options: FileSystemOptions,
  access: StorageAccess,
): Promise<BlobStorage & LocalBlobFiles> {
  const layout = await openLayout(options, access);
  const storage: BlobStorage = {
    ...readerOf(layout, options.listParallelism || LIST_PARALLELISM),
    ...writerOf(layout),
    close: () => Promise.resolve(),
  };
  const localPath = (id: BlobId): string => pathOf(layout, id);
  return { ...(access === 'read-only' ? withReadOnly(storage) : storage), localPath };
}

function readerOf(layout: FileSystemLayout, parallelism: number): BlobReader {
  return {
    description: `filesystem ${layout.root}`,
    async get(id, range, options) {
      options?.signal?.throwIfAborted();
      const bytes = await coded(blobAttempt('read', id), () => readFile(layout, id, range, options));
      options?.signal?.throwIfAborted();
      return bytes;
    },
    async getMetadata(id, options) {
      options?.signal?.throwIfAborted();
      return await coded(blobAttempt('look up', id), () => statBlob(id, pathOf(layout, id)));
    },
    async *list(prefix, options) {
      try {
        yield* walkBlobs(layout.root, prefix, { parallelism, signal: options?.signal });
      } catch (error) {
        throw storageError(error, { action: 'list blobs', missing: 'STORAGE_NOT_FOUND' });
      }
    },
  };
}

function writerOf(layout: FileSystemLayout): Pick<BlobStorage, 'put' | 'delete'> {
  const directories = createDirectoryMaker(layout.root, layout.dirMode);

  const putFile = async (path: string, parts: readonly Uint8Array[], creation: FileCreation) => {
    const directory = dirname(path);
    try {
      await replaceFile(path, parts, creation);
    } catch (error) {
      if (errnoName(error) !== 'ENOENT') throw error;
      await directories.make(directory);
      await replaceFile(path, parts, creation);
    }
    // kopia leaves this out. Without it the blob's name can be lost in a crash; 0.3 ms of the 15 that 20 MiB take (ext4).
    await syncDirectory(directory);
    await directories.made(directory);
  };

  return {
    async put(id, parts, options) {
      options?.signal?.throwIfAborted();
      refuseRetention(options);
      const attempt: FileAttempt = { ...blobAttempt('write', id), missing: 'STORAGE_NOT_FOUND' };
      const creation = { ...layout.newFiles, signal: options?.signal };
      await coded(attempt, () => putFile(pathOf(layout, id), parts, creation));
    },
    async delete(id, options) {
      options?.signal?.throwIfAborted();
      await coded(blobAttempt('delete', id), () => unlinkIfThere(pathOf(layout, id)));
    },
  };
}

function pathOf(layout: FileSystemLayout, id: BlobId): string {
  return join(layout.root, relativePath(layout.sharding, id));
}

async function readFile(
  layout: FileSystemLayout,
  id: BlobId,
  range: BlobRange | undefined,
  options: GetOptions | undefined,
): Promise<Uint8Array> {
  const file = await open(pathOf(layout, id), 'r');
  try {
    const { size } = await file.stat();
    return await readExactly(file, id, resolveRange(id, range, size), options);
  } finally {
    await file.close();
  }
}

async function readExactly(
  file: FileHandle,
  id: BlobId,
  { offset, length }: ResolvedRange,
  options: GetOptions | undefined,
): Promise<Uint8Array> {
  const bytes = memoryFor(length, options);
  let done = 0;
  while (done < length) {
    options?.signal?.throwIfAborted();
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, BYTES_A_READ), offset + done);
    if (bytesRead === 0)
      throw new RepositoryError('STORAGE_FAILED', `blob ${id} became shorter while it was read`, {
        blob: id,
      });
    done += bytesRead;
  }
  return bytes;
}

function refuseRetention(options: PutOptions | undefined): void {
  if (options?.retention === undefined) return;
  throw new RepositoryError('STORAGE_UNSUPPORTED', 'a file system cannot lock blobs against deletion');
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errnoName(error) !== 'ENOENT') throw error;
  }
}

function blobAttempt(verb: string, id: BlobId): FileAttempt {
  return { action: `${verb} blob ${id}`, missing: 'BLOB_NOT_FOUND', blob: id };
}

async function coded<T>(attempt: FileAttempt, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw storageError(error, attempt);
  }
}
