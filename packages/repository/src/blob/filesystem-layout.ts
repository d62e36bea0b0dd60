import { access as checkAccess, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { RepositoryError, repositoryErrorCode } from '../errors.ts';
import type { StorageAccess } from './access.ts';
import { type FileCreation, replaceFile, syncDirectory } from './durable-file.ts';
import { errnoName, storageError } from './errno.ts';
import type { FileSystemOptions } from './filesystem-options.ts';
import {
  BLOB_SUFFIX,
  defaultSharding,
  encodeSharding,
  parseSharding,
  type Sharding,
  SHARDING_FILE,
} from './sharding.ts';

/** What an open file-system storage knows about its directory. */
export interface FileSystemLayout {
  /** Absolute path. */
  readonly root: string;
  readonly sharding: Sharding;
  readonly dirMode: number;
  readonly newFiles: Omit<FileCreation, 'signal'>;
}

const DEFAULT_FILE_MODE = 0o600;
const DEFAULT_DIR_MODE = 0o700;
/** Of a new storage, and of one whose sharding is neither recorded nor given: what kopia did before it recorded it. */
const NEW_SHARDS = [1, 3];
const OLD_SHARDS = [3, 3];

/** Finds out how the directory is laid out; makes and records what is missing, as far as `access` allows.
 *  Throws STORAGE_NOT_FOUND, STORAGE_DENIED, FORMAT_CORRUPT. */
export async function openLayout(
  options: FileSystemOptions,
  access: StorageAccess,
): Promise<FileSystemLayout> {
  const root = resolve(options.path);
  const dirMode = options.dirMode || DEFAULT_DIR_MODE;
  const newFiles = { mode: options.fileMode || DEFAULT_FILE_MODE, ...ownerOf(options) };
  try {
    if (access === 'create') await makeDurably(root, dirMode);
    await requireDirectory(root);
    const recorded = await readSharding(root);
    if (recorded !== undefined) return { root, sharding: recorded, dirMode, newFiles };
    const sharding = defaultSharding(options.dirShards ?? (access === 'create' ? NEW_SHARDS : OLD_SHARDS));
    const layout = { root, sharding, dirMode, newFiles };
    if (access === 'create') await recordSharding(layout);
    if (access === 'read-write') await recordForOthers(layout);
    return layout;
  } catch (error) {
    throw storageError(error, { action: `open the storage in ${root}`, missing: 'STORAGE_NOT_FOUND' });
  }
}

/** As kopia: both are needed, and only root can give files away. */
function ownerOf({ uid, gid }: FileSystemOptions): Pick<FileCreation, 'owner'> {
  if (uid === undefined || gid === undefined || process.geteuid?.() !== 0) return {};
  return { owner: { uid, gid } };
}

async function makeDurably(root: string, mode: number): Promise<void> {
  const first = await mkdir(root, { recursive: true, mode });
  if (first === undefined) return;
  for (let made = root; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

async function requireDirectory(root: string): Promise<void> {
  if ((await stat(root)).isDirectory()) return;
  throw new RepositoryError('STORAGE_NOT_FOUND', `${root} is not a directory`);
}

async function readSharding(root: string): Promise<Sharding | undefined> {
  try {
    return parseSharding(await readFile(join(root, SHARDING_FILE), 'utf8'));
  } catch (error) {
    if (errnoName(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function recordSharding({ root, sharding, newFiles }: FileSystemLayout): Promise<void> {
  await replaceFile(join(root, SHARDING_FILE), [Buffer.from(encodeSharding(sharding))], newFiles);
  await syncDirectory(root);
}

/** Records the sharding of a repository that lacks it. A directory without a repository is left as it is: its path may
 *  be a mistake. One that can't be written to can still be read, and the first put will say what is wrong. */
async function recordForOthers(layout: FileSystemLayout): Promise<void> {
  try {
    await checkAccess(join(layout.root, `kopia.repository${BLOB_SUFFIX}`));
    await recordSharding(layout);
  } catch (error) {
    const coded = storageError(error, { action: 'record the sharding', missing: 'BLOB_NOT_FOUND' });
    const tolerated = ['BLOB_NOT_FOUND', 'STORAGE_DENIED', 'STORAGE_READ_ONLY'];
    if (!tolerated.includes(repositoryErrorCode(coded) ?? '')) throw coded;
  }
}
