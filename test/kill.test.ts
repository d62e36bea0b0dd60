import { expect, test } from 'vitest';

import { killRounds } from './soak/kill-rounds.ts';
import { seededRandom } from './soak/seeded-random.ts';
import { openScratch } from './support/repository.ts';

test('a backup may be killed at any moment', { timeout: 120_000 }, async () => {
  using scratch = openScratch();
  const lines: string[] = [];
  const report = await killRounds(scratch, {
    rounds: 3,
    files: 500,
    largeFiles: 1,
    largeBytes: 20 << 20,
    random: seededRandom(process.pid),
    log: (line) => void lines.push(line),
  });
  expect(report.problems, `seed ${process.pid}\n${lines.join('\n')}`).toEqual([]);
});
