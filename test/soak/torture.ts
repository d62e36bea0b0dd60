/* Everything that a Linux file system can hold, saved and restored by the command, judged by rsync and kopia:
 * `node --conditions=source test/soak/torture.ts [ENTRIES] [PLACE]`. The default of a million entries in the largest directory
 * takes 8 GB below PLACE, by default the directory for temporary files; a memory file system has room for large attributes. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { removeTree, tortureRoundTrip } from '../support/torture/round-trip.ts';

const LIMIT_MIB = 256;
const manyEntries = Number(process.argv[2] ?? 1_000_000);
const scratch = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'torture-'));
let isWithin = true;
try {
  const differences = tortureRoundTrip(
    scratch,
    { manyEntries, allPairs: true },
    {
      note: (what) => process.stdout.write(`not made or left out: ${what}\n`),
      measured: (step, { seconds, peakMib }) => {
        if (peakMib > LIMIT_MIB) isWithin = false;
        process.stdout.write(`${step}: ${seconds.toFixed(1)} s, at most ${peakMib.toFixed(0)} MiB\n`);
      },
    },
  );
  for (const difference of differences.slice(0, 50)) process.stdout.write(`${difference.slice(0, 500)}\n`);
  process.stdout.write(`${differences.length} differences\n`);
  process.exitCode = isWithin && differences.length === 0 ? 0 : 1;
} finally {
  removeTree(scratch);
}
