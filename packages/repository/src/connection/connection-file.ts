import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { ConfigFields } from '../blob/config-fields.ts';
import {
  createThrottle,
  isLimited,
  LIMIT_NAMES,
  type Throttle,
  type ThrottlingLimits,
} from '../blob/throttle.ts';
import type { Clock } from '../clock.ts';
import { RepositoryError } from '../errors.ts';
import { type GoJsonObject, parseGoJson, stringifyGo } from '../format/go-json.ts';
import { durationNs, JsonFields, omitEmpty } from '../format/json-fields.ts';
import { configInvalid, readTextFile, writePrivateFile } from './private-file.ts';
import { decodeStorageLocation, encodeStorageLocation, type StorageLocation } from './storage-location.ts';

/** How this machine's user reaches a repository; the password is not in it. Source: kopia repo/local_config.go. */
export interface Connection {
  readonly storage: StorageLocation;
  readonly caching: Caching;
  readonly hostname: string;
  readonly username: string;
  readonly readonly: boolean;
  readonly description: string;
  readonly enableActions: boolean;
  /** How long the format blob may be taken from the cache; 0 for the default. */
  readonly formatBlobCacheMs: number;
  /** Instead of the limits of the storage, all of them. */
  readonly throttlingLimits?: ThrottlingLimits;
  /** Members that this program does not use, kept when the file is rewritten. */
  readonly unknown: GoJsonObject;
}

/** Sizes and places of the local cache. Source: kopia repo/content/caching_options.go. */
export interface Caching {
  /** Absolute; '' for no cache. */
  readonly directory: string;
  /** Bytes; soft limit. */
  readonly contentSize: number;
  /** Bytes; hard limit, 0 for none. */
  readonly contentLimit: number;
  /** Bytes; soft limit, 0 for as much as contents. */
  readonly metadataSize: number;
  /** Bytes; hard limit, 0 for none. */
  readonly metadataLimit: number;
  /** How long a listing of blobs may be reused: by kopia, this program lists each time. */
  readonly maxListSeconds: number;
  /** What is younger goes at the hard limit only; 0 for the default, as with the following. */
  readonly minContentSweepSeconds: number;
  readonly minMetadataSweepSeconds: number;
  readonly minIndexSweepSeconds: number;
  readonly unknown: GoJsonObject;
}

/** The connection that the file at `path` describes, or undefined when there is no such file.
 *  Throws CONFIG_INVALID; STORAGE_UNSUPPORTED when it leads to a kopia server instead of a storage. */
export async function readConnectionFile(path: string): Promise<Connection | undefined> {
  const text = await readTextFile(path);
  return text === undefined ? undefined : decodeConnection(text, path);
}

/** The limits that a connection is kept within: its own, else those of its storage. Throws CONFIG_INVALID. */
export function connectionLimits({ throttlingLimits, storage }: Connection): ThrottlingLimits {
  return throttlingLimits ?? storageLimits(storage);
}

/** What to open the storage of `connection` with, for its limits; undefined when the storage's own are all there are.
 *  Throws CONFIG_INVALID. */
export function connectionThrottle(connection: Connection, clock: Clock): Throttle | undefined {
  const { throttlingLimits: limits, storage } = connection;
  if (limits === undefined || (!isLimited(limits) && !isLimited(storageLimits(storage)))) return undefined;
  return createThrottle(limits, clock);
}

function storageLimits({ type, config }: StorageLocation): ThrottlingLimits {
  return new ConfigFields(type, config).limits();
}

/** Atomically replaces the file at `path`, readable only by its owner. */
export async function writeConnectionFile(path: string, connection: Connection): Promise<void> {
  await writePrivateFile(path, encodeConnection(connection, path));
}

function decodeConnection(text: string, path: string): Connection {
  try {
    const fields = new JsonFields(parseGoJson(text), 'connection');
    if (fields.object('apiServer')) throw serverConnection(path);
    const storage = fields.object('storage');
    if (!storage) throw new SyntaxError('it names no storage');
    const throttlingLimits = decodeLimits(fields.object('throttlingLimits'));
    return {
      storage: decodeStorageLocation(storage),
      caching: decodeCaching(fields.object('caching'), path),
      hostname: fields.string('hostname'),
      username: fields.string('username'),
      readonly: fields.boolean('readonly'),
      description: fields.string('description'),
      enableActions: fields.boolean('enableActions'),
      formatBlobCacheMs: fields.durationMs('formatBlobCacheDuration'),
      ...(throttlingLimits && { throttlingLimits }),
      unknown: fields.unknown(),
    };
  } catch (error) {
    throw error instanceof RepositoryError ? error : configInvalid(path, error);
  }
}

function encodeConnection(connection: Connection, path: string): string {
  const json: GoJsonObject = {
    storage: encodeStorageLocation(connection.storage),
    caching: encodeCaching(connection.caching, path),
    hostname: connection.hostname,
    username: connection.username,
    readonly: omitEmpty(connection.readonly),
    description: omitEmpty(connection.description),
    enableActions: connection.enableActions,
    formatBlobCacheDuration: omitEmpty(durationNs(connection.formatBlobCacheMs)),
    throttlingLimits: connection.throttlingLimits && { ...connection.throttlingLimits },
    ...connection.unknown,
  };
  return stringifyGo(json, '  ');
}

function decodeLimits(fields: JsonFields | undefined): ThrottlingLimits | undefined {
  if (fields === undefined) return undefined;
  const limits = LIMIT_NAMES.map((name) => [name, fields.number(name)] as const);
  return Object.fromEntries(limits.filter(([, limit]) => limit !== 0));
}

function decodeCaching(stored: JsonFields | undefined, path: string): Caching {
  const fields = stored ?? new JsonFields({}, 'caching');
  const directory = fields.string('cacheDirectory');
  return {
    directory: directory === '' || isAbsolute(directory) ? directory : join(directoryOf(path), directory),
    contentSize: fields.integer('maxCacheSize'),
    contentLimit: fields.integer('contentCacheSizeLimitBytes'),
    metadataSize: fields.integer('maxMetadataCacheSize'),
    metadataLimit: fields.integer('metadataCacheSizeLimitBytes'),
    maxListSeconds: fields.number('maxListCacheDuration'),
    minContentSweepSeconds: fields.number('minContentSweepAge'),
    minMetadataSweepSeconds: fields.number('minMetadataSweepAge'),
    minIndexSweepSeconds: fields.number('minIndexSweepAge'),
    unknown: fields.unknown(),
  };
}

function encodeCaching(caching: Caching, path: string): GoJsonObject {
  const { directory } = caching;
  return {
    cacheDirectory: directory === '' ? undefined : relative(directoryOf(path), directory),
    maxCacheSize: omitEmpty(caching.contentSize),
    contentCacheSizeLimitBytes: omitEmpty(caching.contentLimit),
    maxMetadataCacheSize: omitEmpty(caching.metadataSize),
    metadataCacheSizeLimitBytes: omitEmpty(caching.metadataLimit),
    maxListCacheDuration: omitEmpty(caching.maxListSeconds),
    minMetadataSweepAge: omitEmpty(caching.minMetadataSweepSeconds),
    minContentSweepAge: omitEmpty(caching.minContentSweepSeconds),
    minIndexSweepAge: omitEmpty(caching.minIndexSweepSeconds),
    ...caching.unknown,
  };
}

function directoryOf(path: string): string {
  return dirname(resolve(path));
}

function serverConnection(path: string): RepositoryError {
  return new RepositoryError(
    'STORAGE_UNSUPPORTED',
    `${path} connects to a kopia server, which this program cannot do: connect to the server's storage instead`,
    { path },
  );
}
