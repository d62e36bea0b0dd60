import { join } from 'node:path';
import {
  cacheName,
  type Connection,
  deletePasswordFile,
  formatKeyFile,
  keepFormatKey,
  type OpenedFormat,
  type StorageLocation,
  userPaths,
  writeConnectionFile,
  writePasswordFile,
} from '@holdfast/repository';
import type { CliContext } from '../context.ts';
import { type CacheFlags, changeCaching, CONNECT_MB, DEFAULT_CACHE_FLAGS, NO_CACHE } from './caching.ts';
import { writingTo } from './local-file.ts';
import { openConnection } from './open-connection.ts';
import type { FoundPassword } from './password.ts';
import { repositoryId } from './repository-id.ts';

/** What can be chosen of a connection; kopia's flags of the same names. */
export interface ConnectionSettings extends CacheFlags {
  readonly readonly?: boolean;
  readonly description?: string;
  readonly overrideHostname?: string;
  readonly overrideUsername?: string;
  /** Recorded for kopia: this program runs no actions. */
  readonly enableActions?: boolean;
}

/** What is chosen when nobody says otherwise. */
export const DEFAULT_SETTINGS: ConnectionSettings = DEFAULT_CACHE_FLAGS;

/** A repository to connect to. */
export interface ConnectRequest {
  readonly storage: StorageLocation;
  /** For the connection's description, such as `Filesystem: /backups`. */
  readonly place: string;
  readonly settings: ConnectionSettings;
  readonly password: FoundPassword;
  /** Keep the password, and the key that it stands for, beside the connection file. */
  readonly persist: boolean;
}

/** A repository that was made or opened a moment ago. */
export interface KnownRequest extends ConnectRequest {
  readonly opened: OpenedFormat;
}

/** Tries to open the repository and, when that works, records the connection at `connectionFile`, in the place of any
 *  other. Throws what opening throws. */
export async function connect(
  context: CliContext,
  connectionFile: string,
  request: ConnectRequest,
): Promise<Connection> {
  const connection = await newConnection(context, connectionFile, request);
  const repository = await openConnection(context, connection, { access: 'read', ...request.password });
  await repository.close();
  await record(connectionFile, connection, { ...request, opened: repository.opened });
  return connection;
}

/** As `connect`, without trying. */
export async function connectToKnown(
  context: CliContext,
  connectionFile: string,
  request: KnownRequest,
): Promise<Connection> {
  const connection = await newConnection(context, connectionFile, request);
  await record(connectionFile, connection, request);
  return connection;
}

/** The password comes first: a connection without its password would ask where nobody may be there to answer. */
async function record(
  connectionFile: string,
  connection: Connection,
  { persist, password: { password }, opened }: KnownRequest,
): Promise<void> {
  await writingTo(connectionFile, KEEP_ELSEWHERE, async () => {
    if (persist) await writePasswordFile(connectionFile, password);
    else await deletePasswordFile(connectionFile);
    await writeConnectionFile(connectionFile, connection);
  });
  if (persist) await keepFormatKey(formatKeyFile(connectionFile, password), opened);
}

const KEEP_ELSEWHERE =
  'once that is put right, or with another file (--config-file), run `holdfast repository connect`';

async function newConnection(
  context: CliContext,
  connectionFile: string,
  { storage, place, settings }: ConnectRequest,
): Promise<Connection> {
  const cacheDirectory =
    settings.cacheDirectory ?? (await defaultCacheDirectory(context, connectionFile, storage));
  return {
    storage,
    caching: changeCaching(NO_CACHE, { ...settings, cacheDirectory }, CONNECT_MB),
    hostname: settings.overrideHostname ?? context.user.hostname,
    username: settings.overrideUsername ?? context.user.username,
    readonly: settings.readonly ?? false,
    description: settings.description ?? `Repository in ${place}`,
    enableActions: settings.enableActions ?? false,
    formatBlobCacheMs: 15 * 60_000,
    unknown: {},
  };
}

/** Where the cache of a connection is unless somebody says otherwise. Throws what reading the format blob throws. */
export async function defaultCacheDirectory(
  context: CliContext,
  connectionFile: string,
  location: StorageLocation,
): Promise<string> {
  return join(
    userPaths(context.env).cacheDirectory,
    cacheName(await repositoryId(context, location), connectionFile),
  );
}
