import { parseGoJson, stringifyGo } from '@holdfast/repository';
import {
  EMPTY_POLICY,
  encodePolicy,
  formatSource,
  isSameSource,
  loadPolicies,
  type Policy,
  savePolicy,
  type SnapshotSource,
} from '@holdfast/uploader';
import type { CliContext } from '../../context.ts';
import { describeFailure } from '../../errors.ts';
import { tell, tellError } from '../../output/messages.ts';
import { globalOptions } from '../../program.ts';
import { editText } from '../../session/editor.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';
import { parseJson, parsePolicy } from './parse.ts';
import { addTargetFlags, policyTargets } from './target.ts';

/** `policy edit` */
export const registerPolicyEdit: RegisterCommand = (group, context) => {
  const command = group.command('edit').description('change policies with $VISUAL or $EDITOR');
  addTargetFlags(command);
  command.action(async (targets: string[]) => {
    const isGlobal = command.opts<{ global?: boolean }>().global === true;
    await withRepository(context, globalOptions(command), { access: 'write' }, async ({ repository }) => {
      for (const target of await policyTargets(context, repository, { targets, isGlobal })) {
        const defined = await loadPolicies(repository);
        const before = defined.find((candidate) => isSameSource(candidate.target, target))?.policy;
        const after = await edited(context, target, before ?? EMPTY_POLICY);
        if (after === undefined || encodePolicy(after) === encodePolicy(before ?? EMPTY_POLICY)) {
          tell(context, `The policy of ${formatSource(target)} is unchanged.`);
          continue;
        }
        await savePolicy(repository, target, after);
        tell(context, `Set the policy of ${formatSource(target)}.`);
      }
    });
  });
};

/** What a person makes of a policy; undefined when they gave up: left the file empty, or as it was and wrong. */
async function edited(
  context: CliContext,
  target: SnapshotSource,
  policy: Policy,
): Promise<Policy | undefined> {
  let text = `${helpFor(target)}${stringifyGo(parseGoJson(encodePolicy(policy)), '  ')}\n`;
  for (;;) {
    const result = await editText(context, text);
    const json = withoutComments(result);
    if (json.trim() === '') return undefined;
    try {
      return parsePolicy(target, parseJson(json), policy.unknown !== undefined);
    } catch (error) {
      tellError(context, describeFailure(error));
      if (result === text) return undefined;
      text = result;
    }
  }
}

function helpFor(target: SnapshotSource): string {
  return `# Policy of ${formatSource(target)} as JSON. Lines that start with # are left out.
# An empty file changes nothing. What is not set here comes from more general policies.
`;
}

function withoutComments(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n');
}
