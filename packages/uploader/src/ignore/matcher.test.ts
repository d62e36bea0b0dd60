import { describe, expect, test } from 'vitest';
import { EMPTY_POLICY, type FilesPolicy } from '../policy/policy.ts';
import { byteNameFromLatin1, byteNameFromText } from '../snapshot/names.ts';
import { CACHE_TAG_LENGTH, isCacheTag, skipsCacheDirectories } from './cache-directory.ts';
import { IgnoreMatcher } from './matcher.ts';
import {
  enterDirectory,
  type IgnoreScope,
  isOnOtherFileSystem,
  isTooLarge,
  parseIgnoreFile,
  ROOT_SCOPE,
  withIgnoreFile,
  withPolicy,
} from './scope.ts';

const files = (policy: FilesPolicy): { readonly files: FilesPolicy } & typeof EMPTY_POLICY => ({
  ...EMPTY_POLICY,
  files: policy,
});

function enter(scope: IgnoreScope, path: string): IgnoreScope {
  return path.split('/').map(byteNameFromText).reduce(enterDirectory, scope);
}

function ignored(scope: IgnoreScope, ...names: string[]): string[] {
  const matcher = new IgnoreMatcher(scope);
  return names.filter((name) =>
    matcher.isIgnored(byteNameFromText(name.replace(/\/$/, '')), name.endsWith('/')),
  );
}

describe('ignore scopes', () => {
  const root = withIgnoreFile(
    withPolicy(ROOT_SCOPE, files({ ignore: ['*.tmp', '/top', 'dir/'] })),
    Buffer.from('!keep.tmp\n'),
  );

  test('ignore nothing without rules', () => {
    expect(ignored(enter(ROOT_SCOPE, 'a'), 'x', 'y/')).toEqual([]);
  });

  test('try rules in order, negated ones on what is ignored', () => {
    expect(ignored(root, 'a.tmp', 'keep.tmp', 'top', 'dir', 'dir/', 'x')).toEqual(['a.tmp', 'top', 'dir/']);
    expect(ignored(enter(root, 'sub'), 'a.tmp', 'keep.tmp', 'top', 'dir/')).toEqual(['a.tmp', 'dir/']);
  });

  test('of a directory can bring back what those above ignored, and anchor their rules there', () => {
    const sub = withIgnoreFile(enter(root, 'a/é'), Buffer.from('!a.tmp\n/only\nx/y\n'));
    expect(ignored(sub, 'a.tmp', 'b.tmp', 'only')).toEqual(['b.tmp', 'only']);
    expect(ignored(enter(sub, 'x'), 'only', 'y', 'b.tmp')).toEqual(['y', 'b.tmp']);
    expect(ignored(enter(root, 'a/x'), 'y')).toEqual([]);
  });

  test('survive the way to another thread', () => {
    expect(structuredClone(root)).toEqual(root);
  });

  test('compare names as bytes, and what is not UTF-8 as U+FFFD', () => {
    const matcher = new IgnoreMatcher(withPolicy(ROOT_SCOPE, files({ ignore: ['é', 'b\ufffd'] })));
    expect(matcher.isIgnored(byteNameFromLatin1('\xc3\xa9'), false)).toBe(true);
    expect(matcher.isIgnored(byteNameFromLatin1('\xe9'), false)).toBe(false);
    expect(matcher.isIgnored(byteNameFromLatin1('b\xff'), false)).toBe(true);
  });

  test('names of any length are matched', () => {
    const matcher = new IgnoreMatcher(withPolicy(enter(ROOT_SCOPE, 'd'), files({ ignore: ['a*b*c'] })));
    expect(matcher.isIgnored(byteNameFromText(`a${'x'.repeat(3000)}bc`), false)).toBe(true);
    expect(matcher.isIgnored(byteNameFromText('abc'), false)).toBe(true);
    expect(matcher.isIgnored(byteNameFromText('ab'), false)).toBe(false);
  });

  test('take ignore files and limits from the nearest policy', () => {
    const outer = withPolicy(
      ROOT_SCOPE,
      files({ ignoreDotFiles: ['.b', '.a', '.b'], maxFileSize: 10, oneFileSystem: true }),
    );
    expect(outer.ignoreFiles).toEqual(['.b', '.a']);
    expect([isTooLarge(outer, 10), isTooLarge(outer, 11), isTooLarge(ROOT_SCOPE, 11)]).toEqual([
      false,
      true,
      false,
    ]);
    expect([isOnOtherFileSystem(outer, 1n, 2n), isOnOtherFileSystem(outer, 2n, 2n)]).toEqual([true, false]);
    const inner = withPolicy(enter(outer, 'x'), files({}));
    expect(inner).toMatchObject({ ignoreFiles: [], maxFileSize: 10, oneFileSystem: false });
    expect(isOnOtherFileSystem(inner, 1n, 2n)).toBe(false);
  });

  test('ignore files have comments, blank lines and any line ends', () => {
    expect(parseIgnoreFile(Buffer.from('# no\na\r\n\n  \n #b\n\xc3(\xff', 'latin1'))).toEqual([
      'a',
      ' #b',
      '\ufffd(\ufffd',
    ]);
    expect(parseIgnoreFile(Buffer.from(''))).toEqual([]);
  });
});

describe('cache directories', () => {
  const tag = Buffer.from('Signature: 8a477f597d28d172789f06886806bc55\n# more');

  test('are known by the beginning of their tag', () => {
    expect(isCacheTag(tag)).toBe(true);
    expect(isCacheTag(tag.subarray(0, CACHE_TAG_LENGTH))).toBe(true);
    expect(isCacheTag(tag.subarray(0, CACHE_TAG_LENGTH - 1))).toBe(false);
    expect(isCacheTag(tag.subarray(1))).toBe(false);
  });

  test('are skipped unless the policy says no', () => {
    expect(skipsCacheDirectories(EMPTY_POLICY)).toBe(true);
    expect(skipsCacheDirectories(files({ ignoreCacheDirs: false }))).toBe(false);
  });
});
