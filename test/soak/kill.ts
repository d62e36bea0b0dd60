/* Kills backups at random moments and checks what is left: `node --conditions=source test/soak/kill.ts [ROUNDS] [SEED]`.
 * Uses memory for its files where the system has such a file system. */
import { existsSync } from 'node:fs';

import { openScratch } from '../support/repository.ts';
import { killRounds } from './kill-rounds.ts';
import { seededRandom } from './seeded-random.ts';

const rounds = Number(process.argv[2] ?? 30);
const seed = Number(process.argv[3] ?? process.pid);
process.stdout.write(`${rounds} rounds, seed ${seed}\n`);
using scratch = openScratch(existsSync('/dev/shm') ? '/dev/shm' : undefined);
const report = await killRounds(scratch, {
  rounds,
  files: 5e3,
  largeFiles: 2,
  largeBytes: 60 << 20,
  random: seededRandom(seed),
  log: (line) => void process.stdout.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
process.exitCode = report.problems.length > 0 ? 1 : 0;
