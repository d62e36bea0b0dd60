import { RepositoryError } from '../errors.ts';
import { isBlobId } from './blob-id.ts';
import type { BlobId } from './storage.ts';

/** File in the root of a sharded storage that holds its `Sharding`. */
export const SHARDING_FILE = '.shards';

/** End of the name of every complete blob; files named otherwise are not blobs. */
export const BLOB_SUFFIX = '.f';

/** Lengths of the directory names that are cut from the front of a blob's name, outermost first. */
export type ShardLengths = readonly number[];

/** How a tree of directories holds blobs. Source: kopia repo/blob/sharded/sharded_parameters.go. */
export interface Sharding {
  readonly default: ShardLengths;
  /** Names up to this length lie in the root. */
  readonly maxNonShardedLength: number;
  /** The first one whose prefix a name starts with replaces `default`. */
  readonly overrides: readonly { readonly prefix: string; readonly shards: ShardLengths }[];
}

/** The sharding that a storage without its own gets. */
export function defaultSharding(shards: ShardLengths): Sharding {
  return { default: shards, maxNonShardedLength: 20, overrides: [] };
}

/** Content of the sharding file: one line of JSON. */
export function encodeSharding(sharding: Sharding): string {
  const { overrides, ...rest } = sharding;
  return JSON.stringify(overrides.length === 0 ? rest : sharding) + '\n';
}

/** Inverse of `encodeSharding`; absent fields are what kopia takes them for. Throws FORMAT_CORRUPT. */
export function parseSharding(text: string): Sharding {
  const fields = recordOf(parseJson(text));
  const overrides = fields['overrides'] ?? [];
  if (!Array.isArray(overrides)) throw corrupt('overrides is not a list');
  return {
    default: shardLengthsOf(fields['default']),
    maxNonShardedLength: countOf(fields['maxNonShardedLength'] ?? 0),
    overrides: overrides.map((item: unknown) => overrideOf(recordOf(item))),
  };
}

/** Path of a blob's file below the root, with slashes. Throws ID_INVALID when a cut would make the name `.` or `..`. */
export function relativePath(sharding: Sharding, id: BlobId): string {
  if (id.length <= sharding.maxNonShardedLength) return id + BLOB_SUFFIX;
  let path = '';
  let rest: string = id;
  for (const length of shardsFor(sharding, id)) {
    if (rest.length <= length) break;
    path += directoryName(id, rest.slice(0, length)) + '/';
    rest = rest.slice(length);
  }
  return path + rest + BLOB_SUFFIX;
}

/** The blob that a file holds, given the names of its directories strung together; undefined for any other file. */
export function blobIdOfFile(directories: string, fileName: string): BlobId | undefined {
  if (!fileName.endsWith(BLOB_SUFFIX)) return undefined;
  const id = directories + fileName.slice(0, -BLOB_SUFFIX.length);
  return isBlobId(id) ? id : undefined;
}

/** Whether a directory, given as for `blobIdOfFile`, may hold blobs whose names start with `prefix`. */
export function mayHoldPrefix(directories: string, prefix: string): boolean {
  return directories.startsWith(prefix) || prefix.startsWith(directories);
}

function shardsFor(sharding: Sharding, id: BlobId): ShardLengths {
  return sharding.overrides.find(({ prefix }) => id.startsWith(prefix))?.shards ?? sharding.default;
}

/** Refuses the two names that would lead out of the tree or vanish from it. */
function directoryName(id: BlobId, name: string): string {
  if (name === '.' || name === '..')
    throw new RepositoryError('ID_INVALID', `blob ${id} cannot be stored: a part of its name is ${name}`);
  return name;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw corrupt('it is not JSON', error);
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw corrupt('not an object');
  return { ...value };
}

function shardLengthsOf(value: unknown): ShardLengths {
  const lengths = value ?? [];
  if (!Array.isArray(lengths)) throw corrupt('shard lengths are not a list');
  return lengths.map((length: unknown) => countOf(length)).filter((length) => length > 0);
}

function overrideOf(fields: Readonly<Record<string, unknown>>): Sharding['overrides'][number] {
  const prefix = fields['prefix'] ?? '';
  if (typeof prefix !== 'string') throw corrupt('the prefix of an override is not text');
  return { prefix, shards: shardLengthsOf(fields['shards']) };
}

function countOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw corrupt('a length is not a whole number');
  return value;
}

function corrupt(reason: string, cause?: unknown): RepositoryError {
  return new RepositoryError('FORMAT_CORRUPT', `${SHARDING_FILE} cannot be read: ${reason}`, {}, cause);
}
