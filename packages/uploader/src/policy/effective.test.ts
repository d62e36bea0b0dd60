import { describe, expect, test } from 'vitest';
import { byteNameFromText } from '../snapshot/names.ts';
import { GLOBAL_SOURCE, parseSource, type SnapshotSource } from '../snapshot/source.ts';
import { compressorChoice, metadataCompressor } from './compression.ts';
import { effectivePolicy, type PolicyOrigin, type TargetedPolicy } from './effective.ts';
import { DEFAULT_POLICY, EMPTY_POLICY, type Policy } from './policy.ts';
import { pathBelow, policyHierarchy, policyLabels, policyTarget } from './target.ts';
import { childPolicyTree, type PolicyTree, policyTree } from './tree.ts';

const at = (text: string): SnapshotSource => parseSource(text, { host: '', userName: '', cwd: '/' });
const on = (text: string, policy: Partial<Policy>): TargetedPolicy => ({
  target: at(text),
  policy: { ...EMPTY_POLICY, ...policy },
});
const source = at('u@h:/home/u/docs');

describe('where policies are attached', () => {
  test.each([
    ['(global)', { type: 'policy', policyType: 'global' }],
    ['@h', { type: 'policy', policyType: 'host', hostname: 'h' }],
    ['u@h', { type: 'policy', policyType: 'user', username: 'u', hostname: 'h' }],
    ['u@h:/p', { type: 'policy', policyType: 'path', username: 'u', hostname: 'h', path: '/p' }],
  ])('%s has labels', (text, labels) => {
    expect(policyLabels(at(text))).toEqual(labels);
    expect(policyTarget(labels)).toEqual(at(text));
  });

  test('the hierarchy goes from the path to the global policy', () => {
    const places = ['u@h:/home/u/docs', 'u@h:/home/u', 'u@h:/home', 'u@h:/', 'u@h', '@h', '(global)'];
    expect(policyHierarchy(source)).toEqual(places.map(at));
    expect(policyHierarchy(at('u@h'))).toEqual(['u@h', '@h', '(global)'].map(at));
    expect(policyHierarchy(GLOBAL_SOURCE)).toEqual([GLOBAL_SOURCE]);
  });

  test('paths of Windows have parents too', () => {
    const paths = policyHierarchy({ host: 'h', userName: 'u', path: 'C:\\a\\b' }).map(({ path }) => path);
    expect(paths).toEqual(['C:\\a\\b', 'C:\\a', 'C:\\', '', '', '']);
  });

  test.each([
    ['/a', '/a/b/c', 'b/c'],
    ['/', '/a', 'a'],
    ['/a', '/ab', undefined],
    ['/a', '/a', undefined],
    ['/a', '/a/', undefined],
    ['C:\\a', 'C:\\a\\b\\c', 'b/c'],
    ['/a', '/a/x\\y', 'x\\y'],
  ])('below %s, %s is %s', (parent, path, relative) => {
    expect(pathBelow(parent, path)).toBe(relative);
  });
});

describe('effectivePolicy', () => {
  const originOf = (defined: readonly TargetedPolicy[], path: string): PolicyOrigin | undefined =>
    effectivePolicy(source, defined).origins.get(path);

  test('without any policy is the default', () => {
    const { policy, origins } = effectivePolicy(source, []);
    expect(policy).toEqual(DEFAULT_POLICY);
    expect(origins.get('retention.keepLatest')).toBe('default');
    expect(origins.has('splitter.algorithm')).toBe(false);
  });

  test('takes each field from the most specific place', () => {
    const defined = [
      on('(global)', { retention: { keepLatest: 1, keepDaily: 1 } }),
      on('@h', { retention: { keepLatest: 2, keepHourly: 2 } }),
      on('u@h:/home', { retention: { keepLatest: 0 } }),
      on('u@h:/elsewhere', { retention: { keepLatest: 4 } }),
      on('v@h:/home', { retention: { keepLatest: 5 } }),
    ];
    expect(effectivePolicy(source, defined).policy.retention).toEqual({
      ...DEFAULT_POLICY.retention,
      keepLatest: 0,
      keepHourly: 2,
      keepDaily: 1,
    });
    expect(originOf(defined, 'retention.keepLatest')).toEqual(at('u@h:/home'));
    expect(originOf(defined, 'retention.keepDaily')).toEqual(GLOBAL_SOURCE);
  });

  test('takes lists of rules whole, and unites lists of extensions and times', () => {
    const defined = [
      on('(global)', {
        files: { ignore: ['g'] },
        compression: { neverCompress: ['.z', '.b'], onlyCompress: ['.g'] },
        scheduling: { timeOfDay: [{ hour: 1, min: 0 }] },
      }),
      on('@h', { compression: { onlyCompress: ['.o'], noParentOnlyCompress: true } }),
      on('u@h', {
        files: { ignore: ['u'] },
        compression: { neverCompress: ['.a', '.z'], onlyCompress: ['.p'] },
        scheduling: {
          timeOfDay: [
            { hour: 9, min: 5 },
            { hour: 1, min: 0 },
          ],
        },
      }),
    ];
    const { policy } = effectivePolicy(source, defined);
    expect(policy.files.ignore).toEqual(['u']);
    expect(policy.compression).toMatchObject({
      neverCompress: ['.a', '.b', '.z'],
      onlyCompress: ['.o', '.p'],
    });
    expect(policy.scheduling.timeOfDay).toEqual([
      { hour: 1, min: 0 },
      { hour: 9, min: 5 },
    ]);
    expect(originOf(defined, 'compression.neverCompress')).toEqual(GLOBAL_SOURCE);
    expect(originOf(defined, 'compression.onlyCompress')).toEqual(at('@h'));
  });

  test('ends at a policy without parent, before the defaults', () => {
    const defined = [
      on('(global)', { retention: { keepDaily: 1 } }),
      on('u@h', { retention: { keepLatest: 2 }, noParent: true }),
    ];
    expect(effectivePolicy(source, defined).policy).toEqual({
      ...EMPTY_POLICY,
      retention: { keepLatest: 2 },
    });
  });

  test('has folder actions of its very place only, and none beside a policy without parent', () => {
    const actions = { beforeFolder: { path: '/x' }, beforeSnapshotRoot: { path: '/y' } };
    const inherited = { beforeSnapshotRoot: { path: '/y' } };
    const actionsOf = (...defined: readonly TargetedPolicy[]): unknown =>
      effectivePolicy(source, defined).policy.actions;
    expect(actionsOf(on('u@h', { actions }))).toEqual(inherited);
    expect(actionsOf(on('u@h:/home/u/docs', { actions }))).toEqual(actions);
    expect(actionsOf(on('u@h:/home/u/docs', { actions, noParent: true }))).toEqual(inherited);
  });
});

describe('policyTree', () => {
  const defined = [
    on('(global)', { compression: { compressorName: 'zstd' } }),
    on('u@h:/home/u/docs/a/b', { retention: { keepLatest: 1 } }),
    on('u@h:/home/u/docs/é', { compression: { compressorName: 's2-default' } }),
    on('other@h:/home/u/docs/z', { compression: { compressorName: 'gzip' } }),
  ];
  const root = policyTree(source, defined);
  const child = (path: string): PolicyTree =>
    path.split('/').map(byteNameFromText).reduce(childPolicyTree, root);

  test('attaches nested policies as they are, and everything below inherits the nearest', () => {
    const compressors = ['x', 'z', 'a', 'a/x', 'a/b', 'a/b/c/d', 'é'].map(
      (path) => child(path).policy.compression.compressorName,
    );
    expect(compressors).toEqual(['zstd', 'zstd', 'zstd', 'zstd', undefined, undefined, 's2-default']);
    expect(metadataCompressor(child('a/b').policy)).toBeUndefined();
    expect(metadataCompressor(root.policy)).toBe('zstd-fastest');
  });

  test('knows where a policy is defined', () => {
    expect(root.isDefined).toBe(true);
    expect(['x', 'a', 'a/b', 'a/b/c', 'é'].map((path) => child(path).isDefined)).toEqual([
      false,
      false,
      true,
      false,
      true,
    ]);
  });

  test('survives the way to another thread', () => {
    expect(structuredClone(root)).toEqual(root);
  });
});

describe('compressorChoice', () => {
  const choose = (compression: Policy['compression'], name: string, size = 100): string | undefined =>
    compressorChoice({ ...EMPTY_POLICY, compression })(byteNameFromText(name), size);

  test.each([undefined, '', 'none'])('%j is none', (name) => {
    expect(choose(name === undefined ? {} : { compressorName: name }, 'a.txt')).toBeUndefined();
  });

  test('looks at sizes first', () => {
    const policy = { compressorName: 'zstd', minSize: 10, maxSize: 20, onlyCompress: ['.txt'] };
    expect([9, 10, 20, 21].map((size) => choose(policy, 'a.txt', size))).toEqual([
      undefined,
      'zstd',
      'zstd',
      undefined,
    ]);
    expect(choose({ compressorName: 'zstd', minSize: 10 }, 'a', 2 ** 40)).toBe('zstd');
  });

  test('looks at the last extension', () => {
    const policy = {
      compressorName: 'zstd',
      neverCompress: ['.gz', '.zip', '.é', '.hidden'],
      onlyCompress: ['.zip'],
    };
    const names = ['a.gz', 'a.zip', 'a.gz.txt', 'gz', 'a.é', '.hidden', 'a.'];
    expect(names.map((name) => choose(policy, name))).toEqual([
      undefined,
      'zstd',
      'zstd',
      'zstd',
      undefined,
      undefined,
      'zstd',
    ]);
  });
});
