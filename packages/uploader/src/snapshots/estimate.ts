import { realpathSync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';

import type { Repository } from '@holdfast/repository';

import { type PlaceToScan, scanDirectory } from '../backup/directory-scan.ts';
import { childPath, failureOf, isFileSystemError } from '../backup/failures.ts';
import { UploaderError } from '../errors.ts';
import { unpackNames } from '../backup/packed-names.ts';
import { bytePath, displayPath, nodePath, openDirHandle } from '../filesystem/path.ts';
import { type FileStat, lstat, lstatAt } from '../filesystem/stat.ts';
import { enterDirectory, isTooLarge, ROOT_SCOPE, withPolicy } from '../ignore/scope.ts';
import { childPolicyTree, type PolicyTree, policyTree } from '../policy/tree.ts';
import type { ByteName } from '../snapshot/names.ts';
import type { SnapshotSource } from '../snapshot/source.ts';
import type { FailedEntry } from '../snapshot/summary.ts';
import { SizeBuckets } from './size-buckets.ts';
import { loadPolicies } from './snapshot-store.ts';

/** What to look at. */
export interface EstimateRequest {
  readonly source: SnapshotSource;
  /** The directory to walk. */
  readonly path: string;
  /** Files named in each bucket. */
  readonly examples?: number;
  readonly signal?: AbortSignal;
  /** Give up with SOURCE_INVALID rather than remember more directories than this. */
  readonly mostWaiting?: number;
  /** Told of each directory that is looked at. */
  readonly onDirectory?: (path: string) => void;
}

/** What a snapshot would hold and leave out. */
export interface Estimate {
  readonly included: SizeBuckets;
  readonly excluded: SizeBuckets;
  readonly directoryCount: number;
  readonly excludedDirectoryCount: number;
  /** The first of them. */
  readonly excludedDirectories: readonly string[];
  readonly failedCount: number;
  readonly failed: readonly FailedEntry[];
}

const MAX_EXAMPLES = 100;
/** Names of a larger directory come packed, and others get their turn while its files are looked at. */
const MOST_NAMES = 1000;

/** Walks a directory as an upload would, reading no file. Throws SOURCE_INVALID when it is none, and what the system says when it
 *  can't be listed: there is nothing to tell then. */
export async function estimateTree(repository: Repository, request: EstimateRequest): Promise<Estimate> {
  const root = realDirectory(request.path);
  const policies = policyTree(request.source, await loadPolicies(repository));
  const walk = new EstimateWalk(request.examples ?? 10);
  const stack: Place[] = [
    {
      path: root,
      relativePath: '',
      policies,
      policy: policies.policy,
      scope: withPolicy(ROOT_SCOPE, policies.policy),
    },
  ];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    request.signal?.throwIfAborted();
    request.onDirectory?.(displayPath(next.relativePath) || '.');
    for (const place of await walk.visit(next)) stack.push(place);
    if (stack.length > (request.mostWaiting ?? Infinity))
      throw new UploaderError('SOURCE_INVALID', `${request.path} is too wide to be estimated`);
    await breathe();
  }
  return walk;
}

/** The byte path of a directory that the source may be a symbolic link to, as for an upload. */
function realDirectory(path: string): string {
  const real = bytePath(realpathSync(path));
  if (lstat(nodePath(real)).kind === 'directory') return real;
  throw new UploaderError('SOURCE_INVALID', `${path} is no directory, so there is nothing to estimate`);
}

interface Place extends PlaceToScan {
  readonly policies: PolicyTree;
}

class EstimateWalk implements Estimate {
  readonly included: SizeBuckets;
  readonly excluded: SizeBuckets;
  readonly excludedDirectories: string[] = [];
  readonly failed: FailedEntry[] = [];
  directoryCount = 0;
  excludedDirectoryCount = 0;
  failedCount = 0;

  constructor(examples: number) {
    this.included = new SizeBuckets(examples);
    this.excluded = new SizeBuckets(examples);
  }

  /** Counts what the directory holds and returns its subdirectories. */
  async visit(place: Place): Promise<readonly Place[]> {
    const directory = openDirHandle(place.path);
    try {
      const scan = scanDirectory(directory, place, MOST_NAMES);
      this.directoryCount++;
      for (const failure of scan.failed) this.#fail(failure);
      const statOf = (name: ByteName): FileStat => lstatAt(directory, name);
      let count = 0;
      for (const name of scan.packed === undefined ? scan.names : unpackNames(scan.packed)) {
        this.#addFile(place, name, statOf, this.included);
        if (++count % MOST_NAMES === 0) await breathe();
      }
      for (const name of scan.excluded.names) this.#addFile(place, name, statOf, this.excluded);
      for (const name of scan.excluded.directories) this.#addExcludedDirectory(place, name);
      return scan.directories.map(({ name }) => childOf(place, scan.scope, name));
    } catch (error) {
      if (place.relativePath === '' || !isFileSystemError(error)) throw error;
      this.#fail(failureOf({ relativePath: '' }, place.relativePath, error));
      return [];
    } finally {
      directory.close();
    }
  }

  /** Sockets are not saved, FIFOs and devices have no content. */
  #addFile(place: Place, name: ByteName, statOf: (name: ByteName) => FileStat, buckets: SizeBuckets): void {
    try {
      const { kind, size } = statOf(name);
      if (kind !== 'file' && kind !== 'symlink') return;
      const target = isTooLarge(place.scope, size) ? this.excluded : buckets;
      target.add(displayPath(childPath(place.relativePath, name)), size);
    } catch (error) {
      this.#fail(failureOf(place, name, error));
    }
  }

  #addExcludedDirectory(place: Place, name: ByteName): void {
    this.excludedDirectoryCount++;
    if (this.excludedDirectories.length < MAX_EXAMPLES)
      this.excludedDirectories.push(displayPath(childPath(place.relativePath, name)));
  }

  #fail(failure: FailedEntry): void {
    this.failedCount++;
    if (this.failed.length < MAX_EXAMPLES) this.failed.push(failure);
  }
}

function childOf(parent: Place, scope: Place['scope'], name: ByteName): Place {
  const policies = childPolicyTree(parent.policies, name);
  const entered = enterDirectory(scope, name);
  return {
    path: parent.path.endsWith('/') ? `${parent.path}${name}` : `${parent.path}/${name}`,
    relativePath: childPath(parent.relativePath, name),
    policies,
    policy: policies.policy,
    scope: policies.isDefined ? withPolicy(entered, policies.policy) : entered,
  };
}
