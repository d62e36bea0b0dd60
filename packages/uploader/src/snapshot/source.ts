import { resolve } from 'node:path';
import { UploaderError } from '../errors.ts';

/** What is snapshotted, and where policies are attached: an absolute path of a user on a host.
 *  Policies also use it without path (user@host), without path and user (host), and empty (global). */
export interface SnapshotSource {
  readonly host: string;
  readonly userName: string;
  readonly path: string;
}

/** The source with everything empty: where the global policy is attached. */
export const GLOBAL_SOURCE: SnapshotSource = { host: '', userName: '', path: '' };

const GLOBAL_TEXT = '(global)';

/** `user@host:path`, `user@host`, `@host` or `(global)`. */
export function formatSource({ host, userName, path }: SnapshotSource): string {
  if (host === '' && userName === '' && path === '') return GLOBAL_TEXT;
  return path === '' ? `${userName}@${host}` : `${userName}@${host}:${path}`;
}

/** Inverse of `formatSource`; any other text is a path of this user on this host, relative to `cwd`. Throws SOURCE_INVALID. */
export function parseSource(
  text: string,
  local: { readonly host: string; readonly userName: string; readonly cwd: string },
): SnapshotSource {
  if (text === GLOBAL_TEXT) return GLOBAL_SOURCE;
  const at = text.indexOf('@');
  const colon = text.indexOf(':');
  if (at > 0 && colon > at)
    return { userName: text.slice(0, at), host: text.slice(at + 1, colon), path: text.slice(colon + 1) };
  if (at >= 0 && colon < 0) return parseUserAtHost(text, at);
  return { host: local.host, userName: local.userName, path: resolve(local.cwd, text) };
}

/** Whether two sources are the same. */
export function isSameSource(a: SnapshotSource, b: SnapshotSource): boolean {
  return a.host === b.host && a.userName === b.userName && a.path === b.path;
}

function parseUserAtHost(text: string, at: number): SnapshotSource {
  const host = text.slice(at + 1);
  if (host === '')
    throw new UploaderError('SOURCE_INVALID', `no host name after @ in ${JSON.stringify(text)}`, {
      source: text,
    });
  return { userName: text.slice(0, at), host, path: '' };
}
