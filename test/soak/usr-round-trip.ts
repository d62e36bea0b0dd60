/* Saves a real tree and lets rsync judge what is restored: `node --conditions=source test/soak/usr-round-trip.ts [TREE] [PLACE]`.
 * TREE is /usr unless given; as much again is needed below PLACE, twice. */
import { holeDifferences } from '../support/hole-map.ts';
import { backUp, createLocal, openScratch, restore, verifyAll } from '../support/repository.ts';
import { rsyncDifferences } from '../support/rsync.ts';

const [source = '/usr', place] = process.argv.slice(2);
using scratch = openScratch(place);
const target = scratch.at('target');
const repository = await createLocal(scratch.at('repo'));

const { snapshot, failedCount, progress } = await timed('backup', async () => backUp(repository, source));
const again = await timed('unchanged backup', async () => backUp(repository, source));
const restored = await timed('restore', async () => restore(repository, snapshot, target));
const verified = await timed('verify', async () => verifyAll(repository));
const differences = [...rsyncDifferences(source, target), ...holeDifferences(source, target)];
await repository.close();

const report = {
  files: progress.hashedFiles,
  bytes: progress.hashedBytes,
  failedCount,
  hashedAgain: again.progress.hashedFiles,
  failed: restored.failed,
  problems: restored.problems,
  verified: verified.length,
  differenceCount: differences.length,
  differences: differences.slice(0, 20),
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
process.exitCode = failedCount + restored.failedCount + verified.length + differences.length > 0 ? 1 : 0;

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startMs = performance.now();
  const result = await work();
  process.stdout.write(`${what}: ${((performance.now() - startMs) / 1000).toFixed(1)} s\n`);
  return result;
}
