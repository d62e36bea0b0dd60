/* Shares repositories of every format with the real kopia: `node --conditions=source test/soak/format-cover.ts [FROM] [TO]`.
 * Together the rows hold every pair of values that can be had together; FROM and TO choose some of them by number, from 0
 * on. Uses memory for its files where the system has such a file system. */
import { existsSync } from 'node:fs';

import { findTool } from '../support/tools.ts';
import { checkFormat } from './format-round.ts';
import { FORMAT_FACTORS, formatRows, isPossible } from './format-rows.ts';
import { pairsInRow, pairsOf } from './pairwise.ts';

if (findTool('kopia') === undefined) throw new Error('there is no kopia on PATH');
const all = formatRows();
const from = Number(process.argv[2] ?? 0);
const rows = all.slice(from, Number(process.argv[3] ?? all.length));
const place = existsSync('/dev/shm') ? '/dev/shm' : undefined;
const covered = new Set<string>();
let failed = 0;
for (const [at, row] of rows.entries()) {
  const problems = await checkFormat(row, place);
  if (problems.length > 0) failed++;
  else for (const pair of pairsInRow(row)) covered.add(pair);
  const name = Object.values(row).join(' ');
  process.stdout.write(`${from + at} ${name}: ${problems.length === 0 ? 'good' : problems.join('\n  ')}\n`);
}
const pairs = pairsOf(FORMAT_FACTORS, isPossible).size;
const report = { rows: rows.length, ofRows: all.length, failed, pairs: covered.size, ofPairs: pairs };
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exitCode = failed > 0 ? 1 : 0;
