import { expect, test } from 'vitest';
import { isToRehash } from './rehash.ts';

const chosen = (percent: number, seed: number): number[] =>
  Array.from({ length: 20_000 }, (_, i) => i).filter((i) =>
    isToRehash({ percent, seed }, { ino: 2n ** 33n + BigInt(i) }),
  );

test.each([0, 0.5, 10, 50, 99])('%s percent of the files are chosen', (percent) => {
  const share = chosen(percent, 7).length / 200;
  expect(Math.abs(share - percent)).toBeLessThan(1.5);
});

test('100 percent are all, and 0 none', () => {
  expect(chosen(100, 7)).toHaveLength(20_000);
  expect(chosen(0, 7)).toHaveLength(0);
});

test('another seed chooses others', () => {
  const first = new Set(chosen(10, 1));
  const common = chosen(10, 2).filter((i) => first.has(i));
  expect(common.length).toBeLessThan(400);
});
