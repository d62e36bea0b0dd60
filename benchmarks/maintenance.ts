// node --conditions=source benchmarks/maintenance.ts [--contents 1000000] [--directory /dev/shm]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { createFileSystemStorage, Repository } from '@holdfast/repository';
import { runMaintenance } from '@holdfast/uploader';

import { type SynthesisOptions, synthesizeRepository } from './synthesis.ts';

/* Snapshot GC and full maintenance of a repository with very many contents, most of which exist in its index only. Each
 * phase is a process of its own, started with the flags of the command line program. */

const PASSWORD = 'benchmark';
const CLIENT = { username: 'benchmark', hostname: 'benchmark' };
/** The heap of `holdfast`, and its other flags. */
const HEAP_MEGABYTES = 80;
const NODE_FLAGS = ['--max-semi-space-size=2', '--conditions=source'];

const { values: flags } = parseArgs({
  options: {
    contents: { type: 'string', default: '1000000' },
    directory: { type: 'string', default: '/dev/shm' },
    phase: { type: 'string' },
  },
});

if (flags.phase === undefined) runPhases();
else await runPhase(flags.phase, flags.directory);

function runPhases(): void {
  const directory = mkdtempSync(join(flags.directory, 'holdfast-maintenance-'));
  try {
    // With a cold cache, then with what that run has left there.
    for (const phase of ['synthesize', 'maintain', 'maintain']) {
      const heap = phase === 'synthesize' ? 4096 : HEAP_MEGABYTES;
      const args = [
        `--max-old-space-size=${heap}`,
        ...NODE_FLAGS,
        fileURLToPath(import.meta.url),
        '--phase',
        phase,
      ];
      const own = ['--contents', flags.contents, '--directory', directory];
      const { status } = spawnSync(process.execPath, [...args, ...own], { stdio: 'inherit' });
      if (status !== 0) throw new Error(`${phase} ended with ${status}`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function runPhase(phase: string, directory: string): Promise<void> {
  const started = performance.now();
  const options: SynthesisOptions = {
    storage: await createFileSystemStorage({ path: join(directory, 'repository') }, 'create'),
    password: PASSWORD,
    client: CLIENT,
    contents: Number(flags.contents),
    cacheDirectory: join(directory, phase),
  };
  if (phase === 'synthesize') await synthesizeRepository(options);
  else await maintain(options);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${phase}: ${flags.contents} contents, ${seconds} s, peak ${peakMegabytes()} MB`);
}

async function maintain(options: SynthesisOptions): Promise<void> {
  const opening = performance.now();
  const repository = await Repository.open(options);
  console.log(`  open: ${((performance.now() - opening) / 1000).toFixed(1)} s, peak ${peakMegabytes()} MB`);
  const report = await runMaintenance(repository, {
    mode: 'full',
    safety: 'none',
    onEvent: (event) => {
      if (event.kind !== 'step' || event.report.durationMs < 100) return;
      const { task, durationMs, plan } = event.report;
      console.log(
        `  ${task}: ${(durationMs / 1000).toFixed(1)} s, peak ${peakMegabytes()} MB`,
        JSON.stringify(plan),
      );
    },
  });
  console.log(`  ${JSON.stringify(report.storage)}`);
  await repository.close();
}

/** High-water mark of this process's resident memory. */
function peakMegabytes(): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024);
}
