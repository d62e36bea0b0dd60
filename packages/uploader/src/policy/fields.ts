import { UploaderError } from '../errors.ts';
import type { ActionCommand, Policy, TimeOfDay } from './policy.ts';
import { POLICY_FIELDS, type PolicyField } from './schema.ts';

/** What a field of a policy can hold. */
export type PolicyValue =
  number | boolean | string | readonly string[] | readonly TimeOfDay[] | ActionCommand;

/** The field at a dotted path (`retention.keepLatest`). Throws POLICY_INVALID for a path that doesn't exist. */
export function policyField(path: string): PolicyField {
  const field = POLICY_FIELDS.get(path);
  if (field === undefined)
    throw new UploaderError('POLICY_INVALID', `a policy has no field ${path}`, { field: path });
  return field;
}

/** The value of the field at a dotted path; undefined when the policy doesn't set it. */
export function policyValue(policy: Policy, path: string): PolicyValue | undefined {
  policyField(path);
  let value: unknown = policy;
  for (const key of path.split('.')) value = new Map(Object.entries(Object(value))).get(key);
  // The path exists, so this is the value of a field.
  return value as PolicyValue | undefined;
}

/** The policy with another value at a dotted path; undefined unsets it. The value must be of the field's type. */
export function withPolicyValue(policy: Policy, path: string, value: PolicyValue | undefined): Policy {
  policyField(path);
  // Only the one field differs, and its type is the caller's promise.
  return replaceAt(policy, path.split('.'), value) as unknown as Policy;
}

function replaceAt(section: object, [key = '', ...rest]: readonly string[], value: unknown): object {
  const values = new Map<string, unknown>(Object.entries(section));
  const next = rest.length === 0 ? value : replaceAt(Object(values.get(key) ?? {}), rest, value);
  if (next === undefined) values.delete(key);
  else values.set(key, next);
  return Object.fromEntries(values);
}
