import { RepositoryError } from '@holdfast/repository';
import { describe, expect, test } from 'vitest';

import { UploaderError } from '../errors.ts';
import { BoundedCache } from './bounded-cache.ts';
import { isDamage } from './damage.ts';
import { fileNamePattern } from './file-name-pattern.ts';

test('storage that is out of reach is no damage', () => {
  expect(isDamage(new RepositoryError('STORAGE_FAILED', 'timeout'))).toBe(false);
  expect(isDamage(new RepositoryError('STORAGE_DENIED', 'no'))).toBe(false);
  expect(isDamage(new Error('a defect'))).toBe(false);
  expect(isDamage(new RepositoryError('BLOB_NOT_FOUND', 'gone'))).toBe(true);
  expect(isDamage(new UploaderError('DIRECTORY_CORRUPT', 'not JSON'))).toBe(true);
});

test('a full cache forgets the oldest, and remembers that there is nothing', () => {
  const cache = new BoundedCache<number | undefined>(4);
  for (let i = 0; i < 5; i++) cache.set(String(i), i === 4 ? undefined : i);
  expect(cache.get('0')).toBeUndefined();
  expect(cache.get('3')).toEqual({ value: 3 });
  expect(cache.get('4')).toEqual({ value: undefined });
});

describe('file name patterns', () => {
  test.each([
    ['*.log', ['a.log', '.log'], ['a.logs', 'a/b.log']],
    ['fo?', ['foo', 'foé'], ['fo', 'fooo']],
    ['[a-c]x', ['ax', 'cx'], ['dx', '-x']],
    ['[^a-c]x', ['dx'], ['ax']],
    ['a\\*b', ['a*b'], ['aab']],
    ['[\\]]', [']'], ['\\']],
    ['a.b(c)', ['a.b(c)'], ['aXb(c)']],
  ])('%s', (pattern, matching, others) => {
    const expression = fileNamePattern(pattern);
    for (const name of matching) expect(expression.test(name), name).toBe(true);
    for (const name of others) expect(expression.test(name), name).toBe(false);
  });

  test.each(['[a', 'a\\', '[]', '[c-a]'])('%s is none', (pattern) => {
    expect(() => fileNamePattern(pattern)).toThrow(
      expect.objectContaining({ code: 'IGNORE_RULE_INVALID' }) as Error,
    );
  });
});
