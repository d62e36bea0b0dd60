import { type GoJson, parseGoJson } from '@holdfast/repository';
import {
  decodePolicy,
  formatSource,
  type Policy,
  type SnapshotSource,
  validatePolicy,
} from '@holdfast/uploader';
import { CliError } from '../../errors.ts';

/** JSON that somebody wrote. Throws INPUT_INVALID. */
export function parseJson(text: string): GoJson {
  try {
    return parseGoJson(text);
  } catch (error) {
    throw new CliError('INPUT_INVALID', 'this is not JSON', error);
  }
}

/** A policy that somebody wrote as JSON. Throws POLICY_CORRUPT and POLICY_INVALID for what is no
 *  policy, INPUT_INVALID when it has fields that nobody knows. */
export function parsePolicy(target: SnapshotSource, json: unknown, allowUnknown: boolean): Policy {
  const policy = decodePolicy(json);
  const { unknown } = policy;
  if (unknown !== undefined && !allowUnknown)
    throw new CliError(
      'INPUT_INVALID',
      `the policy of ${formatSource(target)} has unknown fields: ${namesOf(unknown)}`,
    );
  validatePolicy(target, policy);
  return policy;
}

function namesOf(unknown: NonNullable<Policy['unknown']>): string {
  return Object.entries(unknown)
    .flatMap(([section, fields]) =>
      Object.keys(fields).map((name) => (section === '' ? name : `${section}.${name}`)),
    )
    .join(', ');
}
