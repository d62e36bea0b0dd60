/* Lets Holdfast and the real kopia live on one repository, and checks that both survive:
 * `node --conditions=source test/soak/survival.ts [--minutes=10] [--kill] [--seed=N] [--place=DIRECTORY]`.
 * With `--kill` commands are killed at random moments. Uses memory for its files where the system has such a file system. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { openScratch } from '../support/repository.ts';
import { survive } from './survival/run.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    kill: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(process.pid) },
    place: { type: 'string' },
  },
});
using scratch = openScratch(values.place ?? (existsSync('/dev/shm') ? '/dev/shm' : undefined));
process.stderr.write(`seed ${values.seed}, in ${scratch.path}\n`);
const report = await survive({
  place: scratch.path,
  minutes: Number(values.minutes),
  killShare: values.kill ? 0.35 : 0,
  seed: Number(values.seed),
  restEveryMs: 30_000,
  restores: 16,
  log: (line) => void process.stderr.write(`${line}\n`),
});
const failures = [
  ...report.problems,
  ...(report.epochs < 6 ? [`only ${report.epochs} epochs have passed`] : []),
];
process.stdout.write(`${JSON.stringify({ ...report, problems: failures }, null, 2)}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
