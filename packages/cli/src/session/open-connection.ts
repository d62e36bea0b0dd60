import { join } from 'node:path';
import {
  cacheSettings,
  type Connection,
  type OpenRepositoryOptions,
  openStorage,
  Repository,
  RepositoryError,
  repositoryErrorCode,
  userPaths,
} from '@holdfast/repository';
import type { CliContext } from '../context.ts';
import { connectionEnvironment } from './environment.ts';
import type { FoundPassword } from './password.ts';

/** What a command opens the repository for. */
export interface OpenOptions {
  /** `read` writes nothing to the storage, whatever happens. */
  readonly access: 'read' | 'write';
  /** Contents are read from the storage, whatever is in the cache: for commands that say what the storage holds. */
  readonly isFresh?: boolean;
  /** Worker threads, when the command line says. */
  readonly workers?: number | undefined;
  /** To go on with damaged index blobs; see `OpenRepositoryOptions`. */
  readonly onDamagedIndex?: OpenRepositoryOptions['onDamagedIndex'];
  /** To go on with an upgrade. */
  readonly upgradeOwnerId?: string;
}

/** Opens the repository of a connection. Throws what `Repository.open` throws. */
export async function openConnection(
  context: CliContext,
  connection: Connection,
  {
    access,
    isFresh = false,
    workers,
    onDamagedIndex,
    upgradeOwnerId,
    password,
    origin,
    keyMemory,
  }: OpenOptions & FoundPassword,
): Promise<Repository> {
  const mayWrite = access === 'write' && !connection.readonly;
  const storage = await openStorage(
    connection.storage,
    mayWrite ? 'read-write' : 'read-only',
    connectionEnvironment(context, connection),
  );
  try {
    const repository = await Repository.open({
      storage,
      password,
      keyMemory,
      cacheDirectory: cacheDirectoryOf(context, connection),
      caching: isFresh ? undefined : cacheSettings(connection.caching),
      client: { username: connection.username, hostname: connection.hostname },
      clock: context.clock,
      ...(workers !== undefined && { workers }),
      ...(onDamagedIndex && { onDamagedIndex }),
      ...(upgradeOwnerId !== undefined && { upgradeOwnerId }),
    });
    context.cost.watch(repository);
    return repository;
  } catch (error) {
    await storage.close();
    if (!(error instanceof RepositoryError) || repositoryErrorCode(error) !== 'INVALID_PASSWORD') throw error;
    throw new RepositoryError(error.code, `${error.message}; it came from ${origin}`, error.detail, error);
  }
}

/** Files of several repositories can share a directory: their names are hashes. */
function cacheDirectoryOf({ env }: CliContext, { caching }: Connection): string {
  return caching.directory === '' ? join(userPaths(env).cacheDirectory, 'shared') : caching.directory;
}
