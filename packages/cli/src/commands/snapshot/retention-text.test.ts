import { expect, test } from 'vitest';
import { compactReasons } from './retention-text.ts';

test('joins runs, in the order of periods', () => {
  const reasons = ['latest-3', 'latest-1', 'daily-1', 'latest-2', 'annual-2', 'annual-4', 'incomplete'];
  expect(compactReasons(reasons)).toEqual(['latest-1..3', 'daily-1', 'annual-2', 'annual-4', 'incomplete']);
  expect(compactReasons([])).toEqual([]);
});
