import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Repository } from '@holdfast/repository';
import {
  deletePolicy,
  formatSource,
  isSameSource,
  loadPolicies,
  savePolicy,
  type SnapshotSource,
  type TargetedPolicy,
} from '@holdfast/uploader';
import type { CliContext } from '../../context.ts';
import { CliError } from '../../errors.ts';
import { tell } from '../../output/messages.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';
import { sourceOf } from '../source.ts';
import { parseJson, parsePolicy } from './parse.ts';
import { addTargetFlags, policyTargets } from './target.ts';

interface ImportFlags {
  readonly global?: boolean;
  readonly fromFile?: string;
  readonly allowUnknownFields?: boolean;
  readonly deleteOtherPolicies?: boolean;
}

/** `policy import` */
export const registerPolicyImport: RegisterCommand = (group, context) => {
  const command = group
    .command('import')
    .description('read policies that were exported, those of the targets or all')
    .option('--from-file <path>', 'read this file instead of standard input')
    .option('--allow-unknown-fields', 'keep fields that this program does not know')
    .option('--delete-other-policies', 'remove all policies that are not imported');
  addTargetFlags(command);
  command.action(async (targets: string[]) => {
    const flags = command.opts<ImportFlags>();
    const text = await inputText(context, flags);
    await withRepository(context, globalOptions(command), { access: 'write' }, async ({ repository }) => {
      const isGlobal = flags.global === true;
      const isLimited = isGlobal || targets.length > 0;
      const limit = isLimited ? await policyTargets(context, repository, { targets, isGlobal }) : undefined;
      // All are read before any is saved.
      const imported = parsePolicies(context, repository, text, flags.allowUnknownFields === true).filter(
        ({ target }) => limit === undefined || includes(limit, target),
      );
      for (const { target, policy } of imported) {
        await savePolicy(repository, target, policy);
        tell(context, `Imported the policy of ${formatSource(target)}.`);
      }
      if (flags.deleteOtherPolicies === true) await deleteOthers(context, repository, imported);
    });
  });
};

async function inputText(context: CliContext, { fromFile }: ImportFlags): Promise<string> {
  if (fromFile !== undefined) return await readFile(resolve(context.cwd, fromFile), 'utf8');
  return (await buffer(context.stdin)).toString('utf8');
}

function parsePolicies(
  context: CliContext,
  repository: Repository,
  text: string,
  allowUnknown: boolean,
): readonly TargetedPolicy[] {
  const json = parseJson(text);
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new CliError(
      'INPUT_INVALID',
      'policies to import are a JSON object: each under the name of its target',
    );
  return Object.entries(json).map(([name, value]) => {
    const target = sourceOf(name, context, repository);
    return { target, policy: parsePolicy(target, value, allowUnknown) };
  });
}

async function deleteOthers(
  context: CliContext,
  repository: Repository,
  imported: readonly TargetedPolicy[],
): Promise<void> {
  const kept = imported.map(({ target }) => target);
  for (const { target } of await loadPolicies(repository)) {
    if (includes(kept, target)) continue;
    await deletePolicy(repository, target);
    tell(context, `Removed the policy of ${formatSource(target)}.`);
  }
}

function includes(targets: readonly SnapshotSource[], target: SnapshotSource): boolean {
  return targets.some((candidate) => isSameSource(candidate, target));
}
