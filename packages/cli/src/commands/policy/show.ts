import { parseGoJson } from '@holdfast/repository';
import {
  type EffectivePolicy,
  effectivePolicy,
  encodePolicy,
  formatSource,
  isSameSource,
  loadPolicies,
  POLICY_FIELDS,
  type PolicyOrigin,
  policyValue,
  type PolicyValue,
  type SnapshotSource,
  type TimeOfDay,
} from '@holdfast/uploader';
import { sendJson, sendLines } from '../../output/send.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';
import { addTargetFlags, policyTargets } from './target.ts';

interface ShowFlags {
  readonly global?: boolean;
  readonly json?: boolean;
}

/** `policy show` */
export const registerPolicyShow: RegisterCommand = (group, context) => {
  const command = group
    .command('show')
    .alias('get')
    .description('show what holds for a path, and where each setting comes from')
    .option('--json', 'print JSON');
  addTargetFlags(command);
  command.action(async (targets: string[]) => {
    const { global, json } = command.opts<ShowFlags>();
    await withRepository(context, globalOptions(command), { access: 'read' }, async ({ repository }) => {
      const chosen = { targets, isGlobal: global === true };
      const defined = await loadPolicies(repository);
      for (const target of await policyTargets(context, repository, chosen)) {
        const effective = effectivePolicy(target, defined);
        if (json === true) await sendJson(context.stdout, parseGoJson(encodePolicy(effective.policy)));
        else await sendLines(context.stdout, policyLines(target, effective));
      }
    });
  });
};

function policyLines(target: SnapshotSource, { policy, origins }: EffectivePolicy): string[] {
  const rows = [...POLICY_FIELDS.keys()].flatMap((path) => {
    const value = policyValue(policy, path);
    const origin = origins.get(path);
    return value === undefined || origin === undefined ? [] : [{ path, text: valueText(value), origin }];
  });
  const [names, values] = [rows.map(({ path }) => path.length), rows.map(({ text }) => text.length)];
  const width = { name: Math.max(...names), value: Math.min(Math.max(...values), WIDEST_VALUE) };
  const lines = rows.map(
    ({ path, text, origin }) =>
      `  ${path.padEnd(width.name)}  ${text.padEnd(width.value)}  ${originText(target, origin)}`,
  );
  return [`Policy for ${formatSource(target)}:`, '', ...lines];
}

const WIDEST_VALUE = 30;

function originText(target: SnapshotSource, origin: PolicyOrigin): string {
  if (origin === 'default') return '(default)';
  return isSameSource(origin, target) ? '(defined here)' : `inherited from ${formatSource(origin)}`;
}

function valueText(value: PolicyValue): string {
  if (Array.isArray(value)) return value.map((item: string | TimeOfDay) => itemText(item)).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function itemText(item: string | TimeOfDay): string {
  return typeof item === 'string' ? item : `${item.hour}:${String(item.min).padStart(2, '0')}`;
}
