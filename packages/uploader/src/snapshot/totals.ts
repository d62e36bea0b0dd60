import type { StatAttributes } from './attributes.ts';
import type { DirectoryEntry } from './entry.ts';
import { compareText } from './names.ts';
import type { DirectorySummary, FailedEntry } from './summary.ts';

/** How many failed entries a summary names; the counts cover all of them.
 *  kopia means to keep this bound too but misses it (snapshotfs/dir_manifest_builder.go), so longer lists are met when reading. */
export const MAX_FAILED_ENTRIES = 10;

/** Running sums over entries of one directory; plain data, so that parts can be summed in several threads. */
export type DirectoryTotals = Omit<DirectorySummary, 'incomplete'> & {
  /** Entries directly in the directory. */
  readonly entryCount: number;
};

/** Failures of one directory that are not part of a child's summary. */
export interface DirectoryFailures {
  readonly failed: readonly FailedEntry[];
  readonly ignored: readonly FailedEntry[];
}

/** The totals of no entries. The latest time starts at 1970: a directory of older files only says 1970, as kopia's does. */
export const EMPTY_TOTALS: DirectoryTotals = {
  size: 0,
  files: 0,
  symlinks: 0,
  dirs: 0,
  maxTimeNs: 0n,
  numFailed: 0,
  numIgnoredErrors: 0,
  errors: [],
  entryCount: 0,
};

/** The totals of these entries (directories count with what their summaries say) and failures. */
export function totalsOf(
  entries: Iterable<DirectoryEntry>,
  failures: DirectoryFailures = { failed: [], ignored: [] },
): DirectoryTotals {
  const sum = {
    ...EMPTY_TOTALS,
    numFailed: failures.failed.length,
    numIgnoredErrors: failures.ignored.length,
  };
  let errors: FailedEntry[] = [...failures.failed, ...failures.ignored];
  for (const entry of entries) {
    const part = entryTotals(entry);
    addCounts(sum, part);
    if (part.errors.length > 0) errors = firstFailures([...errors, ...part.errors]);
  }
  return { ...sum, errors: firstFailures(errors) };
}

/** What `totalsOf` gives for files and symbolic links that come one by one. */
export class FileTotals {
  #files = 0;
  #symlinks = 0;
  #size = 0;
  #latestSeconds = 0;
  #latestNanos = 0;

  add(type: 'f' | 's', size: number, { mtimeSeconds, mtimeNanos }: FileTime): void {
    if (type === 's') this.#symlinks++;
    else {
      this.#files++;
      this.#size += size;
    }
    if (mtimeSeconds < this.#latestSeconds) return;
    if (mtimeSeconds === this.#latestSeconds && mtimeNanos <= this.#latestNanos) return;
    this.#latestSeconds = mtimeSeconds;
    this.#latestNanos = mtimeNanos;
  }

  totals(failures: DirectoryFailures): DirectoryTotals {
    return {
      ...totalsOf([], failures),
      size: this.#size,
      files: this.#files,
      symlinks: this.#symlinks,
      maxTimeNs: BigInt(this.#latestSeconds) * 1_000_000_000n + BigInt(this.#latestNanos),
      entryCount: this.#files + this.#symlinks,
    };
  }
}

/** Seconds since 1970, rounded down, and the nanoseconds that are left. */
export type FileTime = Pick<StatAttributes, 'mtimeSeconds' | 'mtimeNanos'>;

/** A time in these parts. */
export function timeParts(ns: bigint): FileTime {
  const nanos = Number(((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND);
  return { mtimeSeconds: Number((ns - BigInt(nanos)) / NS_PER_SECOND), mtimeNanos: nanos };
}

const NS_PER_SECOND = 1_000_000_000n;

/** The totals of both; associative, and commutative up to equal failure paths. */
export function mergeTotals(a: DirectoryTotals, b: DirectoryTotals): DirectoryTotals {
  const sum = { ...a };
  addCounts(sum, b);
  return { ...sum, errors: firstFailures([...a.errors, ...b.errors]) };
}

/** The summary of a directory with these totals; an empty one takes its latest time from itself. */
export function summarize(
  totals: DirectoryTotals,
  directory: { readonly mtimeNs: bigint; readonly incomplete?: string },
): DirectorySummary {
  const { entryCount, ...sums } = totals;
  return {
    ...sums,
    dirs: sums.dirs + 1,
    maxTimeNs: entryCount === 0 ? directory.mtimeNs : sums.maxTimeNs,
    ...(directory.incomplete !== undefined && { incomplete: directory.incomplete }),
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function addCounts(sum: Mutable<DirectoryTotals>, part: DirectoryTotals): void {
  sum.size += part.size;
  sum.files += part.files;
  sum.symlinks += part.symlinks;
  sum.dirs += part.dirs;
  sum.numFailed += part.numFailed;
  sum.numIgnoredErrors += part.numIgnoredErrors;
  sum.entryCount += part.entryCount;
  if (part.maxTimeNs > sum.maxTimeNs) sum.maxTimeNs = part.maxTimeNs;
}

function entryTotals(entry: DirectoryEntry): DirectoryTotals {
  const own = { ...EMPTY_TOTALS, maxTimeNs: entry.mtimeNs, entryCount: 1 };
  switch (entry.type) {
    case 'f':
      return { ...own, files: 1, size: entry.size };
    case 's':
      return { ...own, symlinks: 1 };
    case 'd':
      return { ...own, ...entry.summary, maxTimeNs: latest(entry.mtimeNs, entry.summary?.maxTimeNs) };
  }
}

function latest(a: bigint, b: bigint | undefined): bigint {
  return b !== undefined && b > a ? b : a;
}

function firstFailures(errors: readonly FailedEntry[]): FailedEntry[] {
  return errors.toSorted((a, b) => compareText(a.path, b.path)).slice(0, MAX_FAILED_ENTRIES);
}
