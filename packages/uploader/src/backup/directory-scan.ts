import { listNames } from '../filesystem/list.ts';
import type { NameList } from '../filesystem/name-list.ts';
import type { DirHandle } from '../filesystem/path.ts';
import { type FileStat, fstat, lstatAt } from '../filesystem/stat.ts';
import { skipsCacheDirectories } from '../ignore/cache-directory.ts';
import { IgnoreMatcher } from '../ignore/matcher.ts';
import { type IgnoreScope, isOnOtherFileSystem } from '../ignore/scope.ts';
import { type ByteName, byteNameFromLatin1 } from '../snapshot/names.ts';
import type { FailedEntry } from '../snapshot/summary.ts';
import { isCacheDirectory, withIgnoreFiles } from './directory-rules.ts';
import { failureOf } from './failures.ts';
import { NamePacker, type PackedNames, packNames, unpackNames } from './packed-names.ts';
import { inOrderOfTargets, targetOfPlaceholder } from './placeholders.ts';
import type { DirectoryTask } from './tasks.ts';

/** What a directory holds, after ignore rules. */
export interface DirectoryScan {
  /** Ignore rules of the directory, its own files' included. */
  readonly scope: IgnoreScope;
  readonly directories: readonly { readonly name: ByteName; readonly stat: FileStat }[];
  /** Everything else, in order of names; empty when there are so many that they are packed. */
  readonly names: readonly ByteName[];
  readonly packed: PackedNames | undefined;
  readonly failed: readonly FailedEntry[];
  /** What rules leave out. */
  readonly excluded: { readonly names: readonly ByteName[]; readonly directories: readonly ByteName[] };
}

/** A directory to scan. */
export type PlaceToScan = Pick<DirectoryTask, 'path' | 'relativePath' | 'policy' | 'scope'>;

/** Lists a directory and decides what of it is saved; above `mostNames` entries names come packed.
 *  Throws when the directory can't be listed. */
export function scanDirectory(
  directory: DirHandle,
  place: PlaceToScan,
  mostNames: number = Infinity,
): DirectoryScan {
  const list = listNames(directory);
  const scope = withIgnoreFiles(place.scope, directory, list);
  if (skipsCacheDirectories(place.policy) && isCacheDirectory(directory, list))
    return {
      scope,
      directories: [],
      names: [],
      packed: undefined,
      failed: [],
      excluded: { names: [], directories: [] },
    };
  const isPacked = list.length > mostNames;
  const scan = new Scan(directory, place, scope, isPacked ? new NamePacker() : undefined).run(list);
  if (isPacked) list.clear();
  return scan;
}

class Scan {
  readonly #directory: DirHandle;
  readonly #place: PlaceToScan;
  readonly #scope: IgnoreScope;
  readonly #matcher: IgnoreMatcher;
  readonly #packer: NamePacker | undefined;
  readonly #directories: { name: ByteName; stat: FileStat }[] = [];
  readonly #names: ByteName[] = [];
  readonly #failed: FailedEntry[] = [];
  readonly #excluded = { names: [] as ByteName[], directories: [] as ByteName[] };
  #device: number | undefined;
  #hasPlaceholders = false;

  constructor(directory: DirHandle, place: PlaceToScan, scope: IgnoreScope, packer: NamePacker | undefined) {
    this.#packer = packer;
    this.#directory = directory;
    this.#place = place;
    this.#scope = scope;
    this.#matcher = new IgnoreMatcher(scope);
  }

  run(list: NameList): DirectoryScan {
    for (let i = 0; i < list.length; i++) this.#visit(byteNameFromLatin1(list.name(i)), list.kind(i));
    const packed = this.#packer?.finish();
    const inOrder = !this.#hasPlaceholders;
    return {
      scope: this.#scope,
      directories: this.#directories,
      names: inOrder ? this.#names : inOrderOfTargets(this.#names),
      packed:
        packed === undefined || inOrder ? packed : packNames(inOrderOfTargets([...unpackNames(packed)])),
      failed: this.#failed,
      excluded: this.#excluded,
    };
  }

  #visit(name: ByteName, listedKind: FileStat['kind']): void {
    const isListed = listedKind !== 'unknown';
    if (isListed && listedKind !== 'directory') return this.#visitFile(name);
    const stat = this.#stat(name);
    if (stat === undefined) return;
    if (stat.kind === 'directory') this.#visitDirectory(name, stat);
    else this.#visitFile(name);
  }

  #visitFile(name: ByteName): void {
    const target = targetOfPlaceholder(name);
    if (target !== undefined) this.#hasPlaceholders = true;
    if (this.#matcher.isIgnored(target ?? name, false)) this.#excluded.names.push(name);
    else if (this.#packer === undefined) this.#names.push(name);
    else this.#packer.push(name);
  }

  #visitDirectory(name: ByteName, stat: FileStat): void {
    const isIgnored = this.#matcher.isIgnored(targetOfPlaceholder(name) ?? name, true);
    const isExcluded = this.#isElsewhere(stat) || isIgnored;
    if (isExcluded) this.#excluded.directories.push(name);
    else this.#directories.push({ name, stat });
  }

  #isElsewhere(stat: FileStat): boolean {
    if (!this.#scope.oneFileSystem) return false;
    this.#device ??= fstat(this.#directory.fd()).dev;
    return isOnOtherFileSystem(this.#scope, stat.dev, this.#device);
  }

  #stat(name: ByteName): FileStat | undefined {
    try {
      return lstatAt(this.#directory, name);
    } catch (error) {
      this.#failed.push(failureOf(this.#place, name, error));
      return undefined;
    }
  }
}
