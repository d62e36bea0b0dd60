import type { Repository } from '@holdfast/repository';
import {
  applySnapshotFixes,
  fixSnapshots,
  type FixSelection,
  formatSource,
  type InvalidHandling,
  listSnapshots,
  loadSnapshot,
  type SnapshotFix,
  type SnapshotManifest,
} from '@holdfast/uploader';
import type { Command } from 'commander';
import type { CliContext } from '../../context.ts';
import { tell } from '../../output/messages.ts';
import { timeText } from '../../output/times.ts';
import { bytesText, counted } from '../../output/units.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import { sourceOf } from '../source.ts';

/** What all ways of fixing snapshots have in common. */
export interface FixFlags {
  readonly commit: boolean;
  readonly manifestId: readonly string[];
  readonly source: readonly string[];
  readonly invalidDirectoryHandling: InvalidHandling;
}

/** Fixes the chosen snapshots, or tells how they would change. */
export async function runFix(
  context: CliContext,
  command: Command,
  flags: FixFlags,
  select: FixSelection,
): Promise<void> {
  const open = { access: flags.commit ? 'write' : 'read', isFresh: true, maintains: flags.commit } as const;
  await withRepository(context, globalOptions(command), open, async ({ repository }) => {
    const request = {
      snapshots: await chosenSnapshots(context, repository, flags),
      select,
      invalidDirectories: flags.invalidDirectoryHandling,
      signal: context.signal,
      onFound: (path: string, error: string | undefined) =>
        tell(context, error === undefined ? `  ${path || '.'}` : `  ${path || '.'}: ${error}`),
    };
    const fixes = await fixSnapshots(repository, request, flags.commit ? 'store' : 'plan');
    const shown = flags.commit ? await applySnapshotFixes(repository, fixes) : fixes;
    for (const fix of shown) tell(context, fixText(fix));
    tell(context, conclusion(fixes.length, flags.commit));
  });
}

async function chosenSnapshots(
  context: CliContext,
  repository: Repository,
  { manifestId, source }: FixFlags,
): Promise<readonly SnapshotManifest[]> {
  if (manifestId.length + source.length === 0) return await listSnapshots(repository);
  const chosen: SnapshotManifest[] = [];
  for (const id of manifestId) chosen.push(await loadSnapshot(repository, id));
  for (const text of source)
    chosen.push(...(await listSnapshots(repository, sourceOf(text, context, repository))));
  return chosen;
}

function fixText({ before, after }: SnapshotFix): string {
  const lost = (before.rootEntry?.summary?.size ?? 0) - (after.rootEntry?.summary?.size ?? 0);
  const size = lost > 0 ? `, ${bytesText(lost)} less` : '';
  const id = after.id === before.id ? before.id : `${before.id}, now ${after.id}`;
  const roots = `root ${before.rootEntry?.objectId ?? ''} -> ${after.rootEntry?.objectId ?? ''}`;
  return `${formatSource(before.source)} at ${timeText(before.startTimeNs)} (${id}): ${roots}${size}`;
}

function conclusion(count: number, isCommitted: boolean): string {
  if (count === 0) return 'No changes.';
  if (isCommitted) return `Fixed ${counted(count, 'snapshot')}.`;
  return `${counted(count, 'snapshot')} would change. Nothing was written: pass --commit to fix them.`;
}
