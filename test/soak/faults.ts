/* Lives of repositories in SeaweedFS or versitygw while one request in twenty fails, one after the other:
 * `node --conditions=source test/soak/faults.ts [ROUNDS] [FIRST SEED] [seaweedfs|versitygw] [RATE]`.
 * Uses memory for its files where the system has such a file system. */
import { existsSync } from 'node:fs';

import { startSeaweedFs } from '../rigs/seaweedfs.ts';
import { startVersityGw } from '../rigs/versitygw.ts';
import { openScratch } from '../support/repository.ts';
import { findTool } from '../support/tools.ts';
import { faultRound } from './fault-rounds.ts';

const [rounds = '100', first = '1', rigName = 'seaweedfs', rate = '0.05'] = process.argv.slice(2);
const rig = await (rigName === 'versitygw' ? startVersityGw() : startSeaweedFs());
const bucket = 'faults';
await rig.createBucket(bucket);
const codes: Record<string, number> = {};
const total = { rounds: 0, finished: 0, stopped: 0, snapshots: 0, requests: 0, faults: 0, kopiaRuns: 0 };
const problems: string[] = [];
for (let seed = Number(first); seed < Number(first) + Number(rounds); seed++) {
  using scratch = openScratch(existsSync('/dev/shm') ? '/dev/shm' : undefined);
  const withKopia = findTool('kopia') !== undefined && seed % 10 === 0;
  const report = await faultRound(scratch, rig, { seed, rate: Number(rate), bucket, withKopia });
  const stops = Object.entries(report.stopped);
  for (const [, code] of stops) codes[code] = (codes[code] ?? 0) + 1;
  total.rounds++;
  total[stops.length === 0 ? 'finished' : 'stopped']++;
  total.snapshots += report.snapshots;
  total.requests += report.requests;
  total.faults += report.faults;
  if (withKopia) total.kopiaRuns++;
  problems.push(...report.problems.map((problem) => `seed ${seed}: ${problem}`));
  process.stdout.write(
    `seed ${seed}: ${report.faults} of ${report.requests} requests failed, ${report.snapshots} snapshots, ` +
      `stopped: ${stops.map(([step, code]) => `${step} ${code}`).join(', ') || 'never'}, ${report.problems.length} problems\n`,
  );
}
await rig.stop();
process.stdout.write(`${JSON.stringify({ ...total, codes, problems }, null, 2)}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
