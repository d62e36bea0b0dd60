import { join } from 'node:path';
import {
  cacheName,
  type Connection,
  deletePasswordFile,
  type StorageLocation,
  userPaths,
  writeConnectionFile,
  writePasswordFile,
} from '@holdfast/repository';
import type { CliContext } from '../context.ts';
import { openConnection } from './open-connection.ts';
import type { FoundPassword } from './password.ts';
import { repositoryId } from './repository-id.ts';

/** What can be chosen of a connection; kopia's flags of the same names. */
export interface ConnectionSettings {
  readonly cacheDirectory?: string;
  readonly contentCacheSizeMb: number;
  readonly metadataCacheSizeMb: number;
  readonly readonly?: boolean;
  readonly description?: string;
  readonly overrideHostname?: string;
  readonly overrideUsername?: string;
}

/** What is chosen when nobody says otherwise; sizes are kopia's. */
export const DEFAULT_SETTINGS: ConnectionSettings = { contentCacheSizeMb: 5000, metadataCacheSizeMb: 5000 };

/** A repository to connect to. */
export interface ConnectRequest {
  readonly storage: StorageLocation;
  /** For the connection's description, such as `Filesystem: /backups`. */
  readonly place: string;
  readonly settings: ConnectionSettings;
  readonly password: FoundPassword;
  /** Keep the password beside the connection file. */
  readonly persist: boolean;
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
  await record(connectionFile, connection, request);
  return connection;
}

/** As `connect`, without trying: for a repository that was made or opened a moment ago. */
export async function connectToKnown(
  context: CliContext,
  connectionFile: string,
  request: ConnectRequest,
): Promise<Connection> {
  const connection = await newConnection(context, connectionFile, request);
  await record(connectionFile, connection, request);
  return connection;
}

/** The password comes first: a connection without its password would ask where nobody may be there to answer. */
async function record(
  connectionFile: string,
  connection: Connection,
  { persist, password }: ConnectRequest,
): Promise<void> {
  if (persist) await writePasswordFile(connectionFile, password.password);
  else await deletePasswordFile(connectionFile);
  await writeConnectionFile(connectionFile, connection);
}

async function newConnection(
  context: CliContext,
  connectionFile: string,
  { storage, place, settings }: ConnectRequest,
): Promise<Connection> {
  return {
    storage,
    caching: {
      directory: settings.cacheDirectory ?? (await defaultCacheDirectory(context, connectionFile, storage)),
      contentSize: settings.contentCacheSizeMb * MIB,
      metadataSize: settings.metadataCacheSizeMb * MIB,
      maxListSeconds: 30,
      unknown: {},
    },
    hostname: settings.overrideHostname ?? context.user.hostname,
    username: settings.overrideUsername ?? context.user.username,
    readonly: settings.readonly ?? false,
    description: settings.description ?? `Repository in ${place}`,
    enableActions: false,
    formatBlobCacheMs: 15 * 60_000,
    unknown: {},
  };
}

const MIB = 1 << 20;

async function defaultCacheDirectory(
  context: CliContext,
  connectionFile: string,
  location: StorageLocation,
): Promise<string> {
  return join(
    userPaths(context.env).cacheDirectory,
    cacheName(await repositoryId(context, location), connectionFile),
  );
}
