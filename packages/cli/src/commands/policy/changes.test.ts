import { EMPTY_POLICY, type Policy } from '@holdfast/uploader';
import { expect, test } from 'vitest';
import { policyChanges } from './changes.ts';

function changed(flags: Record<string, unknown>, before: Policy = EMPTY_POLICY): Policy {
  return policyChanges(new Map(Object.entries(flags)), '/').reduce(
    (policy, change) => change(policy),
    before,
  );
}

test('nothing asked is nothing changed', () => {
  expect(policyChanges(new Map(), '/')).toEqual([]);
});

test('sets and unsets values', () => {
  const policy = changed({
    'keep-latest': '5',
    'one-file-system': 'true',
    compression: 'zstd',
    splitter: 'FIXED-1M',
  });
  expect(policy).toMatchObject({
    retention: { keepLatest: 5 },
    files: { oneFileSystem: true },
    compression: { compressorName: 'zstd' },
    splitter: { algorithm: 'FIXED-1M' },
  });
  const unset = {
    'keep-latest': 'inherit',
    'one-file-system': 'inherit',
    compression: 'inherit',
    splitter: 'inherit',
  };
  expect(changed(unset, policy)).toEqual(EMPTY_POLICY);
});

test('changes lists', () => {
  const policy = changed({ 'add-ignore': ['b', 'a'], 'add-never-compress': ['.zip'] });
  expect(policy).toMatchObject({ files: { ignore: ['a', 'b'] }, compression: { neverCompress: ['.zip'] } });
  expect(changed({ 'remove-ignore': ['a'] }, policy).files.ignore).toEqual(['b']);
  expect(changed({ 'clear-ignore': true }, policy).files.ignore).toBeUndefined();
});

test('sets schedules, or none', () => {
  const policy = changed({ 'snapshot-interval': 5_400_000, 'snapshot-time': ['8:30,20:00'] });
  expect(policy.scheduling).toEqual({
    intervalSeconds: 5400,
    timeOfDay: [
      { hour: 8, min: 30 },
      { hour: 20, min: 0 },
    ],
  });
  expect(changed({ manual: true }, policy).scheduling).toEqual({ manual: true });
  expect(() => changed({ manual: true, 'snapshot-interval': 1 })).toThrow(
    expect.objectContaining({ code: 'USAGE' }),
  );
});

test('knows the units and names of kopia', () => {
  expect(changed({ 'parallel-upload-above-size-mib': '2' }).upload.parallelUploadAboveSize).toBe(2 << 20);
  expect(changed({ 'enable-volume-shadow-copy': 'when-available' }).osSnapshots.volumeShadowCopy.enable).toBe(
    2,
  );
  expect(changed({ inherit: false }).noParent).toBe(true);
  expect(changed({ inherit: true }, { ...EMPTY_POLICY, noParent: true }).noParent).toBeUndefined();
});

test('actions are kept as kopia keeps them, and taken away', () => {
  const policy = changed({ 'before-folder-action': '/bin/run "a b" c' });
  expect(policy.actions).toEqual({
    beforeFolder: { path: '/bin/run', args: ['a b', 'c'], timeout: 300, mode: 'essential' },
  });
  expect(changed({ 'before-folder-action': 'none' }, policy).actions).toEqual({});
  for (const text of ['run "a', 'run a"b', ' run'])
    expect(() => changed({ 'after-folder-action': text })).toThrow(/this is no command/);
  expect(() => changed({ 'after-folder-action': 'no/such', 'persist-action-script': true })).toThrow(
    /ENOENT/,
  );
});
