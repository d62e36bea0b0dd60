/* One operation in a process of its own, whose memory `memory.ts` asks about. Arguments: operation, repository, directory. */
import { readFileSync } from 'node:fs';

import { listSnapshots } from '@holdfast/uploader';

import { backUp, openLocal, restore, verifyAll } from '../support/repository.ts';

const [operation = '', path = '', directory = ''] = process.argv.slice(2);
const startMs = performance.now();
const repository = await openLocal(path);
const failures = await run();
await repository.close();
const peakKibibytes = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
const result = {
  operation,
  seconds: (performance.now() - startMs) / 1000,
  peakMib: peakKibibytes / 1024,
  failures,
};
process.stdout.write(`${JSON.stringify(result)}\n`);

/** How many entries failed. */
async function run(): Promise<number> {
  switch (operation) {
    case 'backup':
      return (await backUp(repository, directory)).failedCount;
    case 'verify':
      return (await verifyAll(repository)).length;
    case 'restore': {
      const snapshot = (await listSnapshots(repository)).at(-1);
      if (snapshot === undefined) throw new Error('there is nothing to restore');
      return (await restore(repository, snapshot, directory)).failedCount;
    }
    default:
      throw new Error(`unknown operation ${operation}`);
  }
}
