import { RepositoryError } from '../errors.ts';
import type { ShardLengths } from './sharding.ts';

/** Where a file-system storage lies; the fields of kopia's `filesystem` connection.
 *  Source: kopia repo/blob/filesystem/filesystem_options.go, repo/blob/sharded/sharded_options.go. */
export interface FileSystemOptions {
  /** Root directory. */
  readonly path: string;
  /** Permission bits of new files, before the umask; 0 or absent: 0600. */
  readonly fileMode?: number;
  /** Permission bits of new directories, before the umask; 0 or absent: 0700. */
  readonly dirMode?: number;
  /** Owner of new files; used when `gid` is there too and the process is root, as kopia does. */
  readonly uid?: number;
  readonly gid?: number;
  /** Directory name lengths for a storage that doesn't record its own; empty: all in one directory. */
  readonly dirShards?: ShardLengths;
  /** Directories read at the same time while listing. */
  readonly listParallelism?: number;
}

const NUMBERS = ['fileMode', 'dirMode', 'uid', 'gid', 'listParallelism'] as const;

/** Reads the `config` of a filesystem connection; other fields are left to others. Throws CONFIG_INVALID. */
export function decodeFileSystemOptions(config: unknown): FileSystemOptions {
  if (typeof config !== 'object' || config === null) throw invalid('it is not an object');
  const fields: Readonly<Record<string, unknown>> = { ...config };
  const path = fields['path'];
  if (typeof path !== 'string' || path === '') throw invalid('path is missing');
  const options: { -readonly [K in keyof FileSystemOptions]: FileSystemOptions[K] } = { path };
  for (const name of NUMBERS) {
    const value = fields[name] ?? undefined;
    if (value !== undefined) options[name] = countOf(name, value);
  }
  const shards = fields['dirShards'] ?? undefined;
  if (shards !== undefined) options.dirShards = shardLengthsOf(shards);
  return options;
}

function countOf(name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw invalid(`${name} is not a whole number`);
  return value;
}

function shardLengthsOf(value: unknown): ShardLengths {
  if (!Array.isArray(value)) throw invalid('dirShards is not a list');
  return value.map((length: unknown) => countOf('dirShards', length)).filter((length) => length > 0);
}

function invalid(reason: string): RepositoryError {
  return new RepositoryError('CONFIG_INVALID', `the filesystem connection is not usable: ${reason}`);
}
