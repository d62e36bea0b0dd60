import { compareText } from '../snapshot/names.ts';
import { isSameSource, type SnapshotSource } from '../snapshot/source.ts';
import { isSet } from './codec.ts';
import { type PolicyValue, policyValue, withPolicyValue } from './fields.ts';
import { DEFAULT_POLICY, EMPTY_POLICY, type Policy, type TimeOfDay } from './policy.ts';
import { POLICY_FIELDS, type PolicyField } from './schema.ts';
import { policyHierarchy } from './target.ts';

/** A policy and where it is attached. */
export interface TargetedPolicy {
  readonly target: SnapshotSource;
  readonly policy: Policy;
}

/** Where the value of a field comes from. */
export type PolicyOrigin = SnapshotSource | 'default';

/** What all policies that apply to a source add up to. */
export interface EffectivePolicy {
  readonly policy: Policy;
  /** By dotted path, for every field that has a value. */
  readonly origins: ReadonlyMap<string, PolicyOrigin>;
}

interface Contribution {
  readonly origin: PolicyOrigin;
  readonly policy: Policy;
}

/** The policy that holds for the root of a source, out of all that are defined (the latest first where one place has several).
 *  Fields are merged one by one from the most specific place to the defaults; `noParent` ends the search.
 *  Source: kopia snapshot/policy/policy_merge.go. */
export function effectivePolicy(source: SnapshotSource, defined: readonly TargetedPolicy[]): EffectivePolicy {
  const contributions = contributionsTo(source, defined);
  const hasDefaults = contributions.at(-1)?.origin === 'default';
  const own = hasDefaults ? contributions.slice(0, 1).filter(({ origin }) => isOf(source, origin)) : [];
  const origins = new Map<string, PolicyOrigin>();
  let policy = EMPTY_POLICY;
  for (const [path, field] of POLICY_FIELDS) {
    if (path === 'noParent') continue;
    const merged = mergeField(path, field, field.merge === 'own' ? own : contributions);
    if (merged === undefined) continue;
    policy = withPolicyValue(policy, path, merged.value);
    origins.set(path, merged.origin);
  }
  return { policy, origins };
}

function isOf(source: SnapshotSource, origin: PolicyOrigin): boolean {
  return origin !== 'default' && isSameSource(origin, source);
}

function contributionsTo(
  source: SnapshotSource,
  defined: readonly TargetedPolicy[],
): readonly Contribution[] {
  const applicable = policyHierarchy(source).flatMap((place) =>
    defined.filter(({ target }) => isSameSource(target, place)),
  );
  const last = applicable.findIndex(({ policy }) => policy.noParent === true);
  const used = last === -1 ? applicable : applicable.slice(0, last + 1);
  const named = used.map(({ target, policy }) => ({ origin: target, policy }));
  return last === -1 ? [...named, { origin: 'default', policy: DEFAULT_POLICY }] : named;
}

interface MergedValue {
  readonly value: PolicyValue;
  readonly origin: PolicyOrigin;
}

function mergeField(
  path: string,
  { kind, merge }: PolicyField,
  contributions: readonly Contribution[],
): MergedValue | undefined {
  const setters = (from: readonly Contribution[]): MergedValue[] =>
    from.flatMap(({ origin, policy }) => {
      const value = policyValue(policy, path);
      return value !== undefined && isSet(kind, value) ? [{ value, origin }] : [];
    });
  if (typeof merge === 'string') return setters(contributions)[0];
  const flag = merge.unionUntil;
  const end = contributions.findIndex(({ policy }) => policyValue(policy, flag) === true);
  const united = setters(end === -1 ? contributions : contributions.slice(0, end + 1));
  const last = united.at(-1);
  return last && { value: union(united.map(({ value }) => value)), origin: last.origin };
}

function union(lists: readonly PolicyValue[]): PolicyValue {
  const items = lists.flatMap((list): readonly (string | TimeOfDay)[] => (Array.isArray(list) ? list : []));
  return (
    sortTimes(items.filter((item) => typeof item === 'object')) ??
    sortTexts(items.filter((item) => typeof item === 'string'))
  );
}

/** The texts in byte order, each once. */
export function sortTexts(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort(compareText);
}

/** The times of day in order, each once; undefined when there are none. */
export function sortTimes(times: readonly TimeOfDay[]): readonly TimeOfDay[] | undefined {
  if (times.length === 0) return undefined;
  const byMinute = new Map(times.map(({ hour, min }) => [hour * 60 + min, { hour, min }]));
  return [...byMinute].sort(([a], [b]) => a - b).map(([, time]) => time);
}
