import type { Repository } from '@holdfast/repository';

import { UploaderError } from '../errors.ts';
import type { DirectoryEntry } from '../snapshot/entry.ts';
import { textOfByteName } from '../snapshot/names.ts';
import { FileChecker } from './file-checker.ts';
import { fileNamePattern } from './file-name-pattern.ts';
import type { RewriteRules } from './tree-rewriter.ts';

/** What to do with what is lost: keep the entry, put a file in its place that tells of it, leave it out, or stop. */
export type InvalidHandling = 'keep' | 'stub' | 'remove' | 'fail';

/** Which entries are taken out. */
export type FixSelection =
  /** Files whose contents are lost; of a share of them the contents are read. */
  | { readonly kind: 'invalid'; readonly handling: InvalidHandling; readonly filesPercent: number }
  /** Files and directories with one of these objects or names (wildcards allowed). */
  | {
      readonly kind: 'chosen';
      readonly objectIds: readonly string[];
      readonly fileNames: readonly string[];
    };

/** How snapshots are fixed. */
export interface FixRequest {
  readonly select: FixSelection;
  readonly invalidDirectories: InvalidHandling;
  readonly signal?: AbortSignal | undefined;
  /** Told of each entry that is taken out, once for each version of its directory. `error` is why it is lost, undefined when it was chosen. */
  readonly onFound?: (path: string, error: string | undefined) => void;
}

type Stub = (entry: DirectoryEntry, error: string) => Promise<DirectoryEntry>;

/** The rules that do what is asked for. Throws IGNORE_RULE_INVALID. */
export async function fixRules(
  repository: Repository,
  request: FixRequest,
  stub: Stub,
): Promise<RewriteRules> {
  const { select, invalidDirectories } = request;
  const handle = async (entry: DirectoryEntry, path: string, error: Error, handling: InvalidHandling) => {
    request.onFound?.(path, error.message);
    return await handled(entry, path, error, { handling, stub });
  };
  const replaceUnreadable: RewriteRules['replaceUnreadable'] = async (entry, path, error) =>
    handle(entry, path, error, invalidDirectories);
  if (select.kind === 'chosen') {
    const isChosen = chooserOf(select);
    const replace: RewriteRules['replace'] = (entry, path) => {
      if (!isChosen(entry)) return Promise.resolve(entry);
      request.onFound?.(path, undefined);
      return Promise.resolve(undefined);
    };
    return { replace, replaceUnreadable };
  }
  const checker = await FileChecker.open(repository, select.filesPercent, request.signal);
  const replace: RewriteRules['replace'] = async (entry, path) => {
    const error = entry.type === 'd' ? undefined : await checker.check(entry);
    return error === undefined ? entry : await handle(entry, path, error, select.handling);
  };
  return { replace, replaceUnreadable };
}

async function handled(
  entry: DirectoryEntry,
  path: string,
  error: Error,
  { handling, stub }: { readonly handling: InvalidHandling; readonly stub: Stub },
): Promise<DirectoryEntry | undefined> {
  switch (handling) {
    case 'keep':
      return entry;
    case 'remove':
      return undefined;
    case 'stub':
      return await stub(entry, error.message);
    case 'fail':
      throw new UploaderError('FILE_FAILED', `${path || '.'}: ${error.message}`, { path }, error);
  }
}

function chooserOf({
  objectIds,
  fileNames,
}: {
  readonly objectIds: readonly string[];
  readonly fileNames: readonly string[];
}): (entry: DirectoryEntry) => boolean {
  const ids = new Set(objectIds);
  const patterns = fileNames.map(fileNamePattern);
  return ({ objectId, name }) =>
    ids.has(objectId) || patterns.some((pattern) => pattern.test(textOfByteName(name)));
}
