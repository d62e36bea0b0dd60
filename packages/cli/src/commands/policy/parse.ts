import { type GoJson, parseGoJson } from '@holdfast/repository';
import {
  decodePolicy,
  formatSource,
  type Policy,
  type SnapshotSource,
  validatePolicy,
} from '@holdfast/uploader';
import { parseArgument, usageError } from '../../errors.ts';

/** JSON that somebody wrote. Throws USAGE. */
export function parseJson(text: string): GoJson {
  try {
    return parseGoJson(text);
  } catch (error) {
    throw usageError('this is not JSON', error);
  }
}

/** A policy that somebody wrote as JSON. Throws USAGE for what is no policy, or has fields that nobody knows. */
export function parsePolicy(target: SnapshotSource, json: unknown, allowUnknown: boolean): Policy {
  return parseArgument(() => {
    const policy = decodePolicy(json);
    const { unknown } = policy;
    if (unknown !== undefined && !allowUnknown)
      throw usageError(`the policy of ${formatSource(target)} has unknown fields: ${namesOf(unknown)}`);
    validatePolicy(target, policy);
    return policy;
  });
}

function namesOf(unknown: NonNullable<Policy['unknown']>): string {
  return Object.entries(unknown)
    .flatMap(([section, fields]) =>
      Object.keys(fields).map((name) => (section === '' ? name : `${section}.${name}`)),
    )
    .join(', ');
}
