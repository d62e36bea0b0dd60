import { type GoJson, parseGoJson } from '@holdfast/repository';
import {
  compareText,
  decodePolicy,
  encodePolicy,
  formatSource,
  POLICY_TYPE,
  policyTarget,
  type SnapshotSource,
} from '@holdfast/uploader';
import { sendJsonList, sendLines } from '../../output/send.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';

interface ListedPolicy {
  readonly id: string;
  readonly target: SnapshotSource;
  readonly policy: GoJson;
}

/** `policy list` */
export const registerPolicyList: RegisterCommand = (group, context) => {
  const command = group
    .command('list')
    .alias('ls')
    .description('list the places where a policy is defined')
    .option('--json', 'print JSON');
  command.action(async () => {
    const isJson = command.opts<{ json?: boolean }>().json === true;
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      const manifests = await repository.manifests();
      const listed: ListedPolicy[] = [];
      for (const { id, labels } of manifests.find({ type: POLICY_TYPE })) {
        const policy = parseGoJson(encodePolicy(decodePolicy(await manifests.get(id))));
        listed.push({ id, target: policyTarget(labels), policy });
      }
      listed.sort((a, b) => compareText(formatSource(a.target), formatSource(b.target)));
      if (isJson) await sendJsonList(context.stdout, listed.map(policyJson));
      else
        await sendLines(
          context.stdout,
          listed.map(({ id, target }) => `${id} ${formatSource(target)}`),
        );
    });
  });
};

function policyJson({ id, target, policy }: ListedPolicy): GoJson {
  const { host, userName, path } = target;
  return { id, target: { host, userName, path }, ...Object(policy) };
}
