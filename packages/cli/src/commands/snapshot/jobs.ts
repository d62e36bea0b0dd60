import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Repository } from '@holdfast/repository';
import {
  effectivePolicy,
  formatSource,
  listSnapshots,
  loadPolicies,
  type SnapshotSource,
} from '@holdfast/uploader';
import type { CliContext } from '../../context.ts';
import { CliError, usageError } from '../../errors.ts';
import { sourceOf } from '../source.ts';

/** One snapshot to take. */
export interface SnapshotJob {
  readonly source: SnapshotSource;
  /** Absolute. */
  readonly path: string;
  /** Nobody but the person at the command line can take it: it is not what `--all` or a schedule would save. */
  readonly isManual: boolean;
}

/** Flags that decide what is saved. */
export interface JobFlags {
  readonly all?: boolean;
  readonly stdinFile?: string;
  readonly overrideSource?: string;
}

/** Checks the command line and returns what finds the snapshots to take, once the repository is open. Throws USAGE, and
 *  SOURCE_MISSING when none of the sources is there: no repository is made for nothing then. */
export function snapshotJobs(
  context: CliContext,
  sources: readonly string[],
  flags: JobFlags,
): (repository: Repository) => Promise<readonly SnapshotJob[]> {
  const isAll = flags.all === true;
  if (isAll && sources.length > 0) throw usageError('--all cannot be combined with sources');
  if (!isAll && sources.length === 0)
    throw usageError('name the directories or files to save, or pass --all');
  if (flags.stdinFile !== undefined && sources.length !== 1)
    throw usageError('--stdin-file needs exactly one source: the directory to keep the file under');
  if (isAll) return localJobs;
  const paths = sources.map((source) => resolve(context.cwd, source));
  if (flags.stdinFile === undefined && !paths.some(isThere)) throw sourceMissing(paths);
  return (repository) => Promise.resolve(paths.map((path) => jobOf(context, repository, path, flags)));
}

function jobOf(
  context: CliContext,
  repository: Repository,
  path: string,
  { stdinFile, overrideSource }: JobFlags,
): SnapshotJob {
  const { hostname: host, username: userName } = repository.client;
  if (overrideSource === undefined)
    return { path, source: { host, userName, path }, isManual: stdinFile !== undefined };
  const source = sourceOf(overrideSource, context, repository);
  if (source.host === '' || source.userName === '' || source.path === '')
    throw usageError(`--override-source ${JSON.stringify(overrideSource)} is not USER@HOST:PATH or a path`);
  return { path, source, isManual: true };
}

/** What this user saved from this machine before, except what is only saved by hand. */
async function localJobs(repository: Repository): Promise<readonly SnapshotJob[]> {
  const { hostname: host, username: userName } = repository.client;
  const defined = await loadPolicies(repository);
  const jobs = new Map<string, SnapshotJob>();
  for (const { source } of await listSnapshots(repository, { host, userName })) {
    if (effectivePolicy(source, defined).policy.scheduling.manual === true) continue;
    jobs.set(formatSource(source), { source, path: source.path, isManual: false });
  }
  return [...jobs.values()];
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function sourceMissing(paths: readonly string[]): CliError {
  return new CliError('SOURCE_MISSING', `there is no ${paths.join(', nor ')}`);
}
