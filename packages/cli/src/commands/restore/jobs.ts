import { resolve } from 'node:path';
import type { Repository } from '@holdfast/repository';
import { type DirectoryEntry, PLACEHOLDER_SUFFIX, readPlaceholder } from '@holdfast/uploader';
import type { CliContext } from '../../context.ts';
import { usageError } from '../../errors.ts';
import { sourceOf } from '../source.ts';
import { findRestoreSource, ID, type SourceChoice } from './source.ts';

/** One thing to restore. */
export interface RestoreJob {
  readonly entry: DirectoryEntry;
  /** Absolute. */
  readonly target: string;
  readonly isPlaceholder: boolean;
}

/** Checks the command line and returns what finds the things to restore once the repository is open: placeholders of an
 *  earlier restore, a source with its target, or a source that is a path and goes back there. Throws USAGE.
 *  Source: kopia cli/command_restore.go (constructTargetPairs). */
export function restoreJobs(
  context: CliContext,
  texts: readonly string[],
  choice: SourceChoice,
): (repository: Repository) => Promise<readonly RestoreJob[]> {
  const placeholders = texts.filter((text) => text.endsWith(PLACEHOLDER_SUFFIX));
  if (placeholders.length === texts.length)
    return () => Promise.resolve(placeholders.map((text) => placeholderJob(resolve(context.cwd, text))));
  const [source = '', target, ...rest] = texts;
  if (placeholders.length > 0 || rest.length > 0)
    throw usageError('restore takes a source and a target, or placeholders only');
  return async (repository) => {
    const path = target === undefined ? placeOf(context, repository, source) : resolve(context.cwd, target);
    const entry = await findRestoreSource(context, repository, source, choice);
    return [{ entry, target: path, isPlaceholder: false }];
  };
}

function placeholderJob(path: string): RestoreJob {
  const target = path.slice(0, -PLACEHOLDER_SUFFIX.length);
  return { entry: readPlaceholder(path), target, isPlaceholder: true };
}

function placeOf(context: CliContext, repository: Repository, text: string): string {
  const { userName, host, path } = sourceOf(text, context, repository);
  const isOwn = userName === repository.client.username && host === repository.client.hostname;
  if (isOwn && path !== '' && !ID.test(text)) return path;
  throw usageError(`name a target: ${text} is no path of this user on this machine to restore to`);
}
