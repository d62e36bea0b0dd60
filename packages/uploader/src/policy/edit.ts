import { UploaderError } from '../errors.ts';
import type { SnapshotSource } from '../snapshot/source.ts';
import { cronProblem } from './cron.ts';
import { sortTexts, sortTimes } from './effective.ts';
import { policyField, policyValue, withPolicyValue } from './fields.ts';
import type { Policy, TimeOfDay } from './policy.ts';

/** Changes to a list of texts; `clear` makes it empty whatever else is asked. */
export interface ListChange {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
  readonly clear?: boolean;
}

/** The policy with the number, boolean or text that `text` says at a dotted path; `inherit` and `default` unset it.
 *  Throws POLICY_INVALID for text that doesn't fit. */
export function setPolicyText(policy: Policy, path: string, text: string): Policy {
  return withPolicyValue(policy, path, isInherit(text) ? undefined : parseValue(path, text));
}

/** The policy with a changed list at a dotted path; lists are kept in byte order, as kopia needs them. */
export function editPolicyList(
  policy: Policy,
  path: string,
  { add = [], remove = [], clear }: ListChange,
): Policy {
  if (policyField(path).kind !== 'texts') throw invalid(path, 'is not a list');
  const value = policyValue(policy, path);
  const current = Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  const kept = sortTexts([...current, ...add]).filter((item) => !remove.includes(item));
  return withPolicyValue(policy, path, clear === true || kept.length === 0 ? undefined : kept);
}

/** The policy with times of day from texts such as `8:00,20:30`; `inherit` among them unsets. Not manual any more. */
export function setTimesOfDay(policy: Policy, texts: readonly string[]): Policy {
  const parts = texts.flatMap((text) => text.split(','));
  const times = parts.includes('inherit') ? undefined : sortTimes(parts.map(parseTimeOfDay));
  return notManual(withPolicyValue(policy, 'scheduling.timeOfDay', times));
}

/** The policy with cron expressions separated by semicolons; `inherit` unsets. Not manual any more. */
export function setCron(policy: Policy, text: string): Policy {
  const expressions = text.split(';').map((part) => part.trim());
  const cron = isInherit(text) ? [] : expressions.filter((expression) => expression !== '');
  return notManual(withPolicyValue(policy, 'scheduling.cron', cron.length === 0 ? undefined : cron));
}

/** The policy with an interval between snapshots; 0 for none. Not manual any more. */
export function setSnapshotInterval(policy: Policy, seconds: number): Policy {
  return notManual(
    withPolicyValue(policy, 'scheduling.intervalSeconds', seconds === 0 ? undefined : seconds),
  );
}

/** The policy with snapshots taken by hand only: its interval, times and cron expressions are removed. */
export function setManual(policy: Policy): Policy {
  const schedule = ['scheduling.intervalSeconds', 'scheduling.timeOfDay', 'scheduling.cron'];
  const cleared = schedule.reduce((edited, path) => withPolicyValue(edited, path, undefined), policy);
  return withPolicyValue(cleared, 'scheduling.manual', true);
}

/** Throws POLICY_INVALID for a policy that kopia wouldn't save at `target`. */
export function validatePolicy(target: SnapshotSource, { scheduling, upload }: Policy): void {
  if (scheduling.manual === true && Object.keys(scheduling).length > 1)
    throw invalid('scheduling.manual', 'cannot be combined with other scheduling fields');
  for (const expression of scheduling.cron ?? []) {
    const problem = cronProblem(expression);
    if (problem !== undefined)
      throw invalid('scheduling.cron', `${problem}, in ${JSON.stringify(expression)}`);
  }
  if (target.path !== '' && upload.maxParallelSnapshots !== undefined)
    throw invalid('upload.maxParallelSnapshots', 'cannot be set for a path');
  if (/.[/\\]$/.test(target.path) && !/^.:[/\\]$/.test(target.path))
    throw new UploaderError('POLICY_INVALID', `the path of a policy cannot end with a slash: ${target.path}`);
}

function parseValue(path: string, text: string): number | boolean | string {
  switch (policyField(path).kind) {
    case 'optionalInteger':
    case 'integer':
      return parseInteger(path, text);
    case 'optionalBoolean':
    case 'flag':
      return parseBoolean(path, text);
    case 'text':
      return text;
    case 'texts':
    case 'times':
    case 'action':
      throw invalid(path, 'cannot be set from one text');
  }
}

function parseInteger(path: string, text: string): number {
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value))
    throw invalid(path, `cannot be ${JSON.stringify(text)}`);
  return value;
}

function parseBoolean(path: string, text: string): boolean {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw invalid(path, `cannot be ${JSON.stringify(text)}`);
}

function parseTimeOfDay(text: string): TimeOfDay {
  const match = /^\s*([01]?\d|2[0-3]):([0-5]?\d)$/.exec(text);
  if (match === null) throw invalid('scheduling.timeOfDay', `must be HH:MM, not ${JSON.stringify(text)}`);
  return { hour: Number(match[1]), min: Number(match[2]) };
}

function notManual(policy: Policy): Policy {
  return withPolicyValue(policy, 'scheduling.manual', undefined);
}

function isInherit(text: string): boolean {
  return text === 'inherit' || text === 'default';
}

function invalid(path: string, reason: string): UploaderError {
  return new UploaderError('POLICY_INVALID', `policy field ${path} ${reason}`, { field: path });
}
