import { describe, expect, test } from 'vitest';
import { uploaderErrorCode } from '../errors.ts';
import { GLOBAL_SOURCE } from '../snapshot/source.ts';
import {
  editPolicyList,
  setCron,
  setManual,
  setPolicyText,
  setSnapshotInterval,
  setTimesOfDay,
  validatePolicy,
} from './edit.ts';
import { EMPTY_POLICY, type Policy } from './policy.ts';

const onPath = (path: string): typeof GLOBAL_SOURCE => ({ host: 'h', userName: 'u', path });

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return uploaderErrorCode(error);
  }
}

describe('policy edits', () => {
  test.each([
    ['retention.keepLatest', '0', { retention: { keepLatest: 0 } }],
    ['files.maxFileSize', '1000', { files: { maxFileSize: 1000 } }],
    ['files.oneFileSystem', 'true', { files: { oneFileSystem: true } }],
    ['errorHandling.ignoreFileErrors', 'f', { errorHandling: { ignoreFileErrors: false } }],
    ['compression.compressorName', 'zstd', { compression: { compressorName: 'zstd' } }],
    ['logging.directories.ignored', '10', { logging: { directories: { ignored: 10 }, entries: {} } }],
  ])('%s = %s', (path, text, sections) => {
    const edited = setPolicyText(EMPTY_POLICY, path, text);
    expect(edited).toEqual({ ...EMPTY_POLICY, ...sections });
    expect(setPolicyText(edited, path, 'inherit')).toEqual(EMPTY_POLICY);
    expect(setPolicyText(edited, path, 'default')).toEqual(EMPTY_POLICY);
  });

  test.each([
    ['retention.keepLatest', 'many'],
    ['retention.keepLatest', '1.5'],
    ['retention.keepLatest', '99999999999999999999'],
    ['files.oneFileSystem', 'yes'],
    ['files.ignore', 'x'],
    ['files.nothing', '1'],
  ])('%s cannot be %s', (path, text) => {
    expect(codeOf(() => setPolicyText(EMPTY_POLICY, path, text))).toBe('POLICY_INVALID');
  });

  test('lists are kept sorted and without doubles', () => {
    const added = editPolicyList(EMPTY_POLICY, 'files.ignore', {
      add: ['b', '\uffff', '\u{10000}', 'a', 'b'],
    });
    expect(added.files.ignore).toEqual(['a', 'b', '\uffff', '\u{10000}']);
    const removed = editPolicyList(added, 'files.ignore', {
      add: ['c'],
      remove: ['a', '\uffff', '\u{10000}'],
    });
    expect(removed.files.ignore).toEqual(['b', 'c']);
    expect(editPolicyList(removed, 'files.ignore', { clear: true, add: ['x'] })).toEqual(EMPTY_POLICY);
    expect(editPolicyList(removed, 'files.ignore', { remove: ['b', 'c'] })).toEqual(EMPTY_POLICY);
    expect(codeOf(() => editPolicyList(EMPTY_POLICY, 'retention.keepLatest', {}))).toBe('POLICY_INVALID');
  });

  test('manual and a schedule exclude each other', () => {
    const scheduled = [
      (policy: Policy): Policy => setTimesOfDay(policy, ['20:30,8:05', '8:05']),
      (policy: Policy): Policy => setCron(policy, ' 0 * * * * ;; 5 4 * * * # night'),
      (policy: Policy): Policy => setSnapshotInterval(policy, 3600),
    ].reduce((policy, edit) => edit(setManual(policy)), EMPTY_POLICY);
    expect(scheduled.scheduling).toEqual({ intervalSeconds: 3600 });
    const all = setCron(setTimesOfDay(setSnapshotInterval(EMPTY_POLICY, 60), ['20:30,8:05', '8:05']), 'a;b');
    expect(all.scheduling).toEqual({
      intervalSeconds: 60,
      timeOfDay: [
        { hour: 8, min: 5 },
        { hour: 20, min: 30 },
      ],
      cron: ['a', 'b'],
    });
    expect(setManual(all).scheduling).toEqual({ manual: true });
    expect(setCron(setTimesOfDay(setSnapshotInterval(all, 0), ['inherit']), 'inherit')).toEqual(EMPTY_POLICY);
    expect(codeOf(() => setTimesOfDay(EMPTY_POLICY, ['24:00']))).toBe('POLICY_INVALID');
  });

  test('what kopia would not save is refused', () => {
    const parallel = setPolicyText(EMPTY_POLICY, 'upload.maxParallelSnapshots', '2');
    expect(codeOf(() => validatePolicy(onPath('/a'), parallel))).toBe('POLICY_INVALID');
    expect(codeOf(() => validatePolicy(GLOBAL_SOURCE, parallel))).toBeUndefined();
    const manual = setPolicyText(setManual(EMPTY_POLICY), 'scheduling.runMissed', 'true');
    expect(codeOf(() => validatePolicy(GLOBAL_SOURCE, manual))).toBe('POLICY_INVALID');
    expect(codeOf(() => validatePolicy(onPath('/a'), setManual(EMPTY_POLICY)))).toBeUndefined();
    expect(codeOf(() => validatePolicy(onPath('/a/'), EMPTY_POLICY))).toBe('POLICY_INVALID');
    expect(['/', 'C:\\'].map((path) => codeOf(() => validatePolicy(onPath(path), EMPTY_POLICY)))).toEqual([
      undefined,
      undefined,
    ]);
  });
});
