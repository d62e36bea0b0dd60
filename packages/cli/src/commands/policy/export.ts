import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type GoJsonObject, parseGoJson, type Repository, stringifyGo } from '@holdfast/repository';
import {
  compareText,
  encodePolicy,
  formatSource,
  isSameSource,
  loadPolicies,
  type TargetedPolicy,
} from '@holdfast/uploader';
import type { CliContext } from '../../context.ts';
import { CliError, usageError } from '../../errors.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';
import { addTargetFlags, policyTargets } from './target.ts';

interface ExportFlags {
  readonly global?: boolean;
  readonly toFile?: string;
  readonly overwrite?: boolean;
  readonly jsonIndent?: boolean;
}

/** `policy export` */
export const registerPolicyExport: RegisterCommand = (group, context) => {
  const command = group
    .command('export')
    .description('write policies as JSON, those of the targets or all')
    .option('--to-file <path>', 'write to this file instead of standard output')
    .option('--overwrite', 'replace the file when it exists')
    .option('--json-indent', 'indent the JSON');
  addTargetFlags(command);
  command.action(async (targets: string[]) => {
    const flags = command.opts<ExportFlags>();
    if (flags.overwrite === true && flags.toFile === undefined)
      throw usageError('--overwrite goes with --to-file');
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      const isGlobal = flags.global === true;
      const chosen = await chosenPolicies(context, repository, { targets, isGlobal });
      const text = stringifyGo(exportJson(chosen), flags.jsonIndent === true ? '  ' : '');
      await send(context, flags, `${text}\n`);
    });
  });
};

async function chosenPolicies(
  context: CliContext,
  repository: Repository,
  chosen: { readonly targets: readonly string[]; readonly isGlobal: boolean },
): Promise<readonly TargetedPolicy[]> {
  const defined = await loadPolicies(repository);
  if (!chosen.isGlobal && chosen.targets.length === 0) return defined;
  return (await policyTargets(context, repository, chosen)).map((target) => {
    const found = defined.find((candidate) => isSameSource(candidate.target, target));
    if (found !== undefined) return found;
    throw new CliError('NOTHING_TO_DO', `no policy is defined for ${formatSource(target)}`);
  });
}

/** In the order of targets, as Go writes maps; of several for one place the latest, which comes first. */
function exportJson(policies: readonly TargetedPolicy[]): GoJsonObject {
  const byTarget = new Map(policies.toReversed().map(({ target, policy }) => [formatSource(target), policy]));
  const sorted = [...byTarget].toSorted(([a], [b]) => compareText(a, b));
  return Object.fromEntries(sorted.map(([target, policy]) => [target, parseGoJson(encodePolicy(policy))]));
}

async function send(context: CliContext, { toFile, overwrite }: ExportFlags, text: string): Promise<void> {
  if (toFile === undefined) return await context.stdout.send(text);
  const file = await open(resolve(context.cwd, toFile), overwrite === true ? 'w' : 'wx', 0o600);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}
