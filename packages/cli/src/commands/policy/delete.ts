import { deletePolicy, formatSource } from '@holdfast/uploader';
import { tell } from '../../output/messages.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';
import { addTargetFlags, policyTargets } from './target.ts';

interface DeleteFlags {
  readonly global?: boolean;
  readonly dryRun?: boolean;
}

/** `policy delete` */
export const registerPolicyDelete: RegisterCommand = (group, context) => {
  const command = group
    .command('delete')
    .aliases(['remove', 'rm'])
    .description('remove a policy; what is more general holds then')
    .option('-n, --dry-run', 'only say what would be removed');
  addTargetFlags(command);
  command.action(async (targets: string[]) => {
    const { global, dryRun } = command.opts<DeleteFlags>();
    await withRepository(context, globalOptions(command), { access: 'write' }, async ({ repository }) => {
      for (const target of await policyTargets(context, repository, { targets, isGlobal: global === true })) {
        tell(
          context,
          `${dryRun === true ? 'Would remove' : 'Removing'} the policy of ${formatSource(target)}.`,
        );
        if (dryRun !== true) await deletePolicy(repository, target);
      }
    });
  });
};
