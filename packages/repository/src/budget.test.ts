import { expect, it } from 'vitest';
import { type Budget, planBudget } from './budget.ts';

const MIB = 1 << 20;
const use = { workers: 2, maxContentBytes: 8 * MIB, isRemote: false };

it('leaves a remote storage less for data', () => {
  const [local, remote] = [planBudget(256 * MIB, use), planBudget(256 * MIB, { ...use, isRemote: true })];
  expect(remote.bloomBytes + remote.indexPageBytes).toBeLessThan(local.bloomBytes + local.indexPageBytes);
  expect(local.fetchBytes).toBe(0);
  expect(remote.fetchBytes).toBeGreaterThanOrEqual(24 * MIB);
  expect(remote).toMatchObject({ totalBytes: local.totalBytes, workers: 2 });
});

it.each([true, false])(
  'has room for a content of each worker and one more, however little there is (%s)',
  (isRemote) => {
    for (const total of [1, 128 * MIB, 256 * MIB]) {
      const { segmentPoolBytes, bloomBytes, indexPageBytes } = planBudget(total, { ...use, isRemote });
      expect(segmentPoolBytes).toBeGreaterThanOrEqual(3 * (use.maxContentBytes + 4 * MIB));
      expect(Math.log2(bloomBytes) % 1).toBe(0);
      expect(indexPageBytes).toBeGreaterThan(0);
    }
  },
);

it('has more packs on their way across a network, none of them too short to stay', () => {
  const inPool = ({ segmentPoolBytes, packBytes }: Budget): number => segmentPoolBytes / packBytes;
  const [local, remote] = [planBudget(256 * MIB, use), planBudget(256 * MIB, { ...use, isRemote: true })];
  expect(inPool(remote)).toBeGreaterThan(inPool(local));
  // kopia writes packs of less than 60 % of 20 MiB again.
  expect(Math.min(local.packBytes, remote.packBytes)).toBeGreaterThan(0.6 * 20 * MIB);
});
