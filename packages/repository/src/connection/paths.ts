import { createHash } from 'node:crypto';
import { isAbsolute, join } from 'node:path';
import { RepositoryError } from '../errors.ts';

/** Where this program keeps its own things of a user. */
export interface UserPaths {
  /** The connection file used when none is named. */
  readonly connectionFile: string;
  /** For repositories made without being asked where. */
  readonly dataDirectory: string;
  readonly cacheDirectory: string;
}

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Paths after the XDG base directory specification: relative values of its variables are ignored.
 *  Throws CONFIG_INVALID when neither they nor HOME say where. */
export function userPaths(env: Environment): UserPaths {
  return {
    connectionFile: join(baseDirectory(env, 'XDG_CONFIG_HOME', '.config'), 'holdfast', 'repository.config'),
    dataDirectory: join(baseDirectory(env, 'XDG_DATA_HOME', '.local/share'), 'holdfast'),
    cacheDirectory: join(baseDirectory(env, 'XDG_CACHE_HOME', '.cache'), 'holdfast'),
  };
}

/** Name of the cache directory of one connection: two connections to one repository share nothing, as in kopia.
 *  Source: kopia repo/caching.go. */
export function cacheName(uniqueId: Uint8Array, connectionFile: string): string {
  return createHash('sha256').update(uniqueId).update(connectionFile).digest('hex').slice(0, 16);
}

function baseDirectory(env: Environment, variable: string, belowHome: string): string {
  const chosen = env[variable] ?? '';
  if (isAbsolute(chosen)) return chosen;
  const home = env['HOME'] ?? '';
  if (isAbsolute(home)) return join(home, belowHome);
  throw new RepositoryError('CONFIG_INVALID', `set HOME or ${variable} to an absolute path`, { variable });
}
