import {
  editPolicyList,
  type Policy,
  setCron,
  setManual,
  setPolicyText,
  setSnapshotInterval,
  setTimesOfDay,
  withPolicyValue,
} from '@holdfast/uploader';
import { usageError } from '../../errors.ts';
import { ACTION_FLAGS, actionOf } from './actions.ts';
import { LIST_FLAGS, VALUE_FLAGS } from './flags.ts';

/** What `policy set` was told, by flag without dashes in front. */
export type PolicyFlagValues = ReadonlyMap<string, unknown>;

/** One step from a policy to the one that is asked for. */
export type PolicyChange = (policy: Policy) => Policy;

/** The changes that the flags ask for, in kopia's order; none when nothing was asked. Names of files start from `cwd`.
 *  Throws USAGE, and when applied POLICY_INVALID. */
export function policyChanges(flags: PolicyFlagValues, cwd: string): readonly PolicyChange[] {
  return [
    ...VALUE_FLAGS.flatMap(({ name, field }) => textChange(flags, name, field)),
    ...LIST_FLAGS.flatMap(({ name, field }) => listChange(flags, name, field)),
    ...textChange(flags, 'compression', 'compression.compressorName'),
    ...textChange(flags, 'metadata-compression', 'metadataCompression.compressorName'),
    ...textChange(flags, 'splitter', 'splitter.algorithm'),
    ...scheduleChanges(flags),
    ...actionChanges(flags, cwd),
    ...parallelUploadChange(flags),
    ...shadowCopyChange(flags),
    ...inheritChange(flags),
  ];
}

function textChange(flags: PolicyFlagValues, name: string, field: string): PolicyChange[] {
  const text = flags.get(name);
  return typeof text === 'string' ? [(policy) => setPolicyText(policy, field, text)] : [];
}

function listChange(flags: PolicyFlagValues, name: string, field: string): PolicyChange[] {
  const [add, remove] = [textsOf(flags.get(`add-${name}`)), textsOf(flags.get(`remove-${name}`))];
  const clear = flags.get(`clear-${name}`) === true;
  if (add.length === 0 && remove.length === 0 && !clear) return [];
  return [(policy) => editPolicyList(policy, field, { add, remove, clear })];
}

function scheduleChanges(flags: PolicyFlagValues): PolicyChange[] {
  const interval = flags.get('snapshot-interval');
  const times = textsOf(flags.get('snapshot-time'));
  const cron = flags.get('snapshot-time-crontab');
  const changes: PolicyChange[] = [];
  if (typeof interval === 'number')
    changes.push((policy) => setSnapshotInterval(policy, Math.floor(interval / 1000)));
  if (times.length > 0) changes.push((policy) => setTimesOfDay(policy, times));
  if (typeof cron === 'string') changes.push((policy) => setCron(policy, cron));
  if (flags.get('manual') !== true) return changes;
  if (changes.length > 0) throw usageError('--manual cannot be combined with a schedule');
  return [setManual];
}

function actionChanges(flags: PolicyFlagValues, cwd: string): PolicyChange[] {
  return ACTION_FLAGS.flatMap(({ name, field }) => {
    const text = flags.get(name);
    if (typeof text !== 'string') return [];
    const [timeoutMs, mode] = [flags.get('action-command-timeout'), flags.get('action-command-mode')];
    const action = actionOf(text, {
      ...(typeof timeoutMs === 'number' && { timeoutMs }),
      ...(typeof mode === 'string' && { mode }),
      isScript: flags.get('persist-action-script') === true,
      cwd,
    });
    return [(policy) => withPolicyValue(policy, field, action)];
  });
}

function parallelUploadChange(flags: PolicyFlagValues): PolicyChange[] {
  const field = 'upload.parallelUploadAboveSize';
  const mebibytes = flags.get('parallel-upload-above-size-mib');
  if (typeof mebibytes !== 'string') return [];
  const bytes = /^\d+$/.test(mebibytes) ? String(Number(mebibytes) * 2 ** 20) : mebibytes;
  return [(policy) => setPolicyText(policy, field, bytes)];
}

/** In the order of kopia's numbers for them. */
export const SHADOW_COPY_MODES: readonly string[] = ['never', 'always', 'when-available'];

function shadowCopyChange(flags: PolicyFlagValues): PolicyChange[] {
  const mode = flags.get('enable-volume-shadow-copy');
  if (typeof mode !== 'string') return [];
  const value = mode === 'inherit' ? undefined : SHADOW_COPY_MODES.indexOf(mode);
  return [(policy) => withPolicyValue(policy, 'osSnapshots.volumeShadowCopy.enable', value)];
}

function inheritChange(flags: PolicyFlagValues): PolicyChange[] {
  const inherit = flags.get('inherit');
  if (typeof inherit !== 'boolean') return [];
  return [(policy) => withPolicyValue(policy, 'noParent', inherit ? undefined : true)];
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
