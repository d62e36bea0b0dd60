import type { Repository } from '@holdfast/repository';
import { compareText, type DirectoryEntry, findEntry } from '@holdfast/uploader';
import { relative } from 'node:path';
import { describeFailure } from '../../errors.ts';
import { modeText } from '../../output/mode-text.ts';
import { timeText } from '../../output/times.ts';
import { bytesText } from '../../output/units.ts';
import { compactReasons } from './retention-text.ts';
import type { SnapshotGroup } from './history.ts';
import { statsFacts, type StatsOfSnapshots } from './storage-stats.ts';

/** What is told of each snapshot; kopia's flags of `snapshot list`. */
export interface RowFlags {
  readonly incomplete?: boolean;
  readonly humanReadable: boolean;
  readonly delta?: boolean;
  readonly manifestId?: boolean;
  readonly retention: boolean;
  readonly mtime?: boolean;
  readonly owner?: boolean;
  readonly showIdentical?: boolean;
}

type Retained = SnapshotGroup['retained'][number];

/** Snapshots in a row with the same root. */
interface Row {
  readonly first: Retained;
  readonly entry: DirectoryEntry;
  readonly facts: readonly string[];
  readonly others: readonly Retained[];
}

/** Lines for the snapshots of one source; those of a path below its root when `path` says so. */
export async function snapshotLines(
  repository: Repository,
  { source, retained }: SnapshotGroup,
  path: string | undefined,
  flags: RowFlags,
  stats: StatsOfSnapshots,
): Promise<string[]> {
  const below = path === undefined ? '' : relative(source.path, path);
  const rows: (Row | string)[] = [];
  let previousSize = 0;
  for (const item of retained) {
    const { snapshot } = item;
    if (snapshot.incomplete !== undefined && flags.incomplete !== true) continue;
    const entry = await entryOf(repository, snapshot, below);
    const last = rows.at(-1);
    if (typeof entry === 'string') rows.push(`  ${timeText(snapshot.startTimeNs)} <ERROR> ${entry}`);
    else if (
      flags.showIdentical !== true &&
      typeof last === 'object' &&
      last.entry.objectId === entry.objectId
    )
      rows.splice(-1, 1, { ...last, others: [...last.others, item] });
    else
      rows.push({
        first: item,
        entry,
        facts: factsOf(item, entry, previousSize, flags).concat(statsOf(snapshot, stats)),
        others: [],
      });
    if (snapshot.incomplete === undefined) previousSize = snapshot.stats.totalSize;
  }
  return rows.flatMap((row) => (typeof row === 'string' ? [row] : rowLines(row, flags)));
}

function statsOf(snapshot: Retained['snapshot'], all: StatsOfSnapshots): string[] {
  const stats = all.get(snapshot);
  return stats === undefined ? [] : statsFacts(stats);
}

async function entryOf(
  repository: Repository,
  { id, rootEntry }: Retained['snapshot'],
  below: string,
): Promise<DirectoryEntry | string> {
  if (below === '') return rootEntry ?? 'it has no root';
  try {
    return await findEntry(repository, `${id}/${below}`);
  } catch (error) {
    return describeFailure(error);
  }
}

function rowLines({ first, entry, facts, others }: Row, flags: RowFlags): string[] {
  const all = [first, ...others];
  const reasons = compactReasons(all.flatMap((item) => item.reasons));
  const pins = [...new Set(all.flatMap(({ snapshot }) => snapshot.pins))].toSorted(compareText);
  const words = [
    ...facts,
    ...(flags.retention && reasons.length > 0 ? [`(${reasons.join(',')})`] : []),
    ...(pins.length > 0 ? [`pins:${pins.join(',')}`] : []),
  ];
  const line = `  ${timeText(first.snapshot.startTimeNs)} ${entry.objectId} ${words.join(' ')}`;
  const last = others.at(-1);
  if (last === undefined) return [line];
  return [line, `  + ${others.length} identical snapshots until ${timeText(last.snapshot.startTimeNs)}`];
}

function factsOf(
  { snapshot }: Retained,
  entry: DirectoryEntry,
  previousSize: number,
  flags: RowFlags,
): string[] {
  const { summary, type, mode, uid, gid } = entry;
  const bytes = summary?.size ?? entry.size;
  const grown = bytes - previousSize;
  return [
    ...(snapshot.incomplete === undefined ? [] : [`incomplete:${snapshot.incomplete}`]),
    flags.humanReadable ? bytesText(bytes) : String(bytes),
    modeText(type, mode),
    ...(flags.owner === true ? [`uid:${uid}`, `gid:${gid}`] : []),
    ...(flags.mtime === true ? [`modified:${timeText(entry.mtimeNs)}`] : []),
    ...(flags.manifestId === true ? [`manifest:${snapshot.id}`] : []),
    ...(flags.delta === true && grown > 0 ? [`(+${bytesText(grown)})`] : []),
    ...(summary ? [`files:${summary.files}`, `dirs:${summary.dirs}`] : []),
    ...(summary && summary.numFailed > 0 ? [`errors:${summary.numFailed}`] : []),
  ];
}
