import { dirname } from 'node:path';
import type { Repository } from '@holdfast/repository';
import {
  compareText,
  effectivePolicy,
  formatSource,
  listSnapshots,
  loadPolicies,
  planRetention,
  type RetainedSnapshot,
  type SnapshotManifest,
  type SnapshotSource,
} from '@holdfast/uploader';
import type { CliContext } from '../../context.ts';
import { sourceOf } from '../source.ts';
import { parseTags } from './tags.ts';

/** Which snapshots of each source to list. */
export interface SnapshotQuery {
  readonly tags: readonly string[];
  readonly reverse?: boolean;
  /** 0 for all. */
  readonly maxResults: number;
  readonly json?: boolean;
}

/** The snapshots of one source, and why each is kept. */
export interface SnapshotGroup {
  readonly source: SnapshotSource;
  /** In the order in which they are listed. */
  readonly retained: readonly Pick<RetainedSnapshot, 'snapshot' | 'reasons'>[];
}

/** Snapshots by source; when `text` names one, those of its path and of the directories above it. `path` is that path. */
export async function snapshotGroups(
  context: CliContext,
  repository: Repository,
  text: string | undefined,
  query: SnapshotQuery,
): Promise<{ readonly groups: readonly SnapshotGroup[]; readonly path: string | undefined }> {
  const named = text === undefined ? undefined : sourceOf(text, context, repository);
  const snapshots =
    named === undefined ? await listSnapshots(repository) : await historyOf(repository, named);
  const tagged = snapshots.filter(hasTags(parseTags(query.tags)));
  const bySource = Map.groupBy(tagged, ({ source }) => formatSource(source));
  const names = [...bySource.keys()].toSorted(compareText);
  const policies = await loadPolicies(repository);
  const groups = names.flatMap((name) => {
    const ofSource = bySource.get(name) ?? [];
    const source = ofSource[0]?.source;
    return source === undefined ? [] : [{ source, retained: retainedOf(source, ofSource, policies, query) }];
  });
  return { groups, path: named?.path };
}

/** Snapshots of a path and of the directories above it. */
export async function historyOf(
  repository: Repository,
  source: SnapshotSource,
): Promise<readonly SnapshotManifest[]> {
  if (source.path === '') return [];
  const own = await listSnapshots(repository, source);
  const parent = dirname(source.path);
  return parent === source.path
    ? own
    : [...own, ...(await historyOf(repository, { ...source, path: parent }))];
}

/** As in kopia, the reasons in JSON are those among the snapshots that are listed: a limit on their number changes them. */
function retainedOf(
  source: SnapshotSource,
  snapshots: readonly SnapshotManifest[],
  policies: Parameters<typeof effectivePolicy>[1],
  { reverse, maxResults, json }: SnapshotQuery,
): SnapshotGroup['retained'] {
  const ordered = reverse === true ? snapshots.toReversed() : snapshots;
  const listed = maxResults > 0 ? ordered.slice(-maxResults) : ordered;
  const { retention } = effectivePolicy(source, policies).policy;
  const plan = planRetention(json === true ? listed : snapshots, retention);
  const reasons = new Map(plan.map((retained) => [retained.snapshot, retained.reasons]));
  return listed.map((snapshot) => ({ snapshot, reasons: reasons.get(snapshot) ?? [] }));
}

function hasTags(tags: Readonly<Record<string, string>>): (snapshot: SnapshotManifest) => boolean {
  return (snapshot) => Object.entries(tags).every(([key, value]) => snapshot.tags[key] === value);
}
