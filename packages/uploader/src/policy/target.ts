import { GLOBAL_SOURCE, isSameSource, type SnapshotSource } from '../snapshot/source.ts';

/** Value of the label `type` of policy manifests. */
export const POLICY_TYPE = 'policy';

/** The labels of the policy attached to `target`: global, a host, a user on it, or a path of that user. */
export function policyLabels({ host, userName, path }: SnapshotSource): Readonly<Record<string, string>> {
  if (path !== '') return { type: POLICY_TYPE, policyType: 'path', username: userName, hostname: host, path };
  if (userName !== '') return { type: POLICY_TYPE, policyType: 'user', username: userName, hostname: host };
  if (host !== '') return { type: POLICY_TYPE, policyType: 'host', hostname: host };
  return { type: POLICY_TYPE, policyType: 'global' };
}

/** Where the policy with these labels is attached. */
export function policyTarget(labels: Readonly<Record<string, string>>): SnapshotSource {
  return { host: labels['hostname'] ?? '', userName: labels['username'] ?? '', path: labels['path'] ?? '' };
}

/** The places whose policies apply to a source, the most specific first: its path and those above, user@host, host, global. */
export function policyHierarchy(source: SnapshotSource): readonly SnapshotSource[] {
  const { host, userName } = source;
  const places =
    source.path === '' ? [source] : pathsUpwards(source.path).map((path) => ({ host, userName, path }));
  const general = [{ host, userName, path: '' }, { host, userName: '', path: '' }, GLOBAL_SOURCE];
  return [...places, ...general.filter((place) => !places.some((specific) => isSameSource(place, specific)))];
}

/** `path` relative to `parent` with slashes; undefined unless it is below. Windows paths of any machine are understood. */
export function pathBelow(parent: string, path: string): string | undefined {
  const base = parent.replace(/\/$/, '').replace(/\\$/, '');
  const separator = path.charAt(base.length);
  if (!path.startsWith(base) || (separator !== '/' && separator !== '\\')) return undefined;
  const relative = path.slice(base.length + 1);
  if (relative === '') return undefined;
  return WINDOWS_VOLUME.test(parent) ? relative.replaceAll('\\', '/') : relative;
}

const WINDOWS_VOLUME = /^.:(?=[/\\])/;

function pathsUpwards(path: string): readonly string[] {
  const parent = parentPath(path);
  return parent === path ? [path] : [path, ...pathsUpwards(parent)];
}

/** The path without its last component; a root (`/`, `C:\`) is its own parent. */
function parentPath(path: string): string {
  const volume = WINDOWS_VOLUME.exec(path)?.[0] ?? '';
  const rest = path.slice(volume.length).replace(/(?<=.)[/\\]$/, '');
  const last = Math.max(rest.lastIndexOf('/'), rest.lastIndexOf('\\'));
  if (last < 0) return path;
  return volume + (last === 0 ? rest.slice(0, 1) : rest.slice(0, last));
}
