import type { Repository } from '@holdfast/repository';
import {
  findEntry,
  listSnapshots,
  loadSnapshot,
  type NamedEntry,
  type SnapshotManifest,
} from '@holdfast/uploader';
import { type Command, Option } from 'commander';
import type { CliContext } from '../../context.ts';
import { CliError } from '../../errors.ts';
import { repeatable } from '../../options.ts';
import { warn } from '../../output/messages.ts';
import { counted } from '../../output/units.ts';
import { sourceOf } from '../source.ts';

/** What is named to be verified, beside the IDs of snapshots. */
export interface VerifyTargetFlags {
  readonly sources: readonly string[];
  readonly directoryId: readonly string[];
  readonly fileId: readonly string[];
  readonly allSources?: boolean;
}

/** What is verified. */
export interface VerifyTargets {
  readonly snapshots: readonly SnapshotManifest[];
  readonly objects: readonly NamedEntry[];
}

/** Adds the flags that name something. */
export function addTargetFlags(command: Command): void {
  repeatable(command, '--sources <source>', 'snapshots of this source (can be repeated)');
  repeatable(command, '--directory-id <id>', 'this directory, an ID with maybe /a/path (can be repeated)');
  repeatable(command, '--file-id <id>', 'this file, an ID with maybe /a/path (can be repeated)');
  command.addOption(new Option('--all-sources').hideHelp());
}

/** What was named; all snapshots when nothing was. Throws MANIFEST_NOT_FOUND, ENTRY_NOT_FOUND, NOT_A_DIRECTORY.
 *  Source: kopia cli/command_snapshot_verify.go. */
export async function verifyTargets(
  context: CliContext,
  repository: Repository,
  ids: readonly string[],
  flags: VerifyTargetFlags,
): Promise<VerifyTargets> {
  const { sources, directoryId, fileId } = flags;
  if (flags.allSources === true)
    warn(context, '--all-sources has no effect: all snapshots are verified when nothing is named');
  if ([ids, sources, directoryId, fileId].every(({ length }) => length === 0))
    return { snapshots: await listSnapshots(repository), objects: [] };
  const snapshots: SnapshotManifest[] = [];
  for (const source of sources)
    snapshots.push(...(await listSnapshots(repository, sourceOf(source, context, repository))));
  for (const id of ids) snapshots.push(await loadSnapshot(repository, id));
  return { snapshots, objects: await namedObjects(repository, flags) };
}

/** What there is, in words. */
export function targetsText({ snapshots, objects }: VerifyTargets): string {
  if (objects.length === 0) return counted(snapshots.length, 'snapshot');
  const named = counted(objects.length, 'named object');
  return snapshots.length === 0 ? named : `${counted(snapshots.length, 'snapshot')} and ${named}`;
}

async function namedObjects(
  repository: Repository,
  { directoryId, fileId }: VerifyTargetFlags,
): Promise<readonly NamedEntry[]> {
  const objects: NamedEntry[] = [];
  for (const path of directoryId) {
    const entry = await findEntry(repository, path, { mayBeAbsent: true });
    if (entry.type !== 'd')
      throw new CliError('NOT_A_DIRECTORY', `${path} is not a directory: --file-id verifies files`);
    objects.push({ entry, path });
  }
  for (const path of fileId)
    objects.push({ entry: await findEntry(repository, path, { mayBeAbsent: true }), path });
  return objects;
}
