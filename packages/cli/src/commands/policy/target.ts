import { parseManifestId, type Repository, repositoryErrorCode } from '@holdfast/repository';
import { GLOBAL_SOURCE, policyTarget, type SnapshotSource } from '@holdfast/uploader';
import type { Command } from 'commander';
import type { CliContext } from '../../context.ts';
import { usageError } from '../../errors.ts';
import { sourceOf } from '../source.ts';

/** Adds the arguments that say whose policy is meant. */
export function addTargetFlags(command: Command): void {
  command
    .argument('[targets...]', 'path, user@host:path, user@host, @host, or the ID of a policy')
    .option('--global', 'the policy of everything');
}

/** The targets that the command line names. Throws USAGE. */
export async function policyTargets(
  context: CliContext,
  repository: Repository,
  { targets, isGlobal }: { readonly targets: readonly string[]; readonly isGlobal: boolean },
): Promise<readonly SnapshotSource[]> {
  if (isGlobal === targets.length > 0)
    throw usageError('name a path (or @host, user@host), or pass --global');
  if (isGlobal) return [GLOBAL_SOURCE];
  const sources: SnapshotSource[] = [];
  for (const text of targets)
    sources.push((await targetOfId(repository, text)) ?? sourceOf(text, context, repository));
  return sources;
}

async function targetOfId(repository: Repository, text: string): Promise<SnapshotSource | undefined> {
  if (!/^[0-9a-f]{32}$/.test(text)) return undefined;
  try {
    const { labels } = (await repository.manifests()).getMetadata(parseManifestId(text));
    return labels['type'] === 'policy' ? policyTarget(labels) : undefined;
  } catch (error) {
    if (repositoryErrorCode(error) === 'MANIFEST_NOT_FOUND') return undefined;
    throw error;
  }
}
