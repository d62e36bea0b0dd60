import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** How a run of the command went. */
export interface MeasuredRun {
  readonly stdout: string;
  readonly seconds: number;
  /** Peak of resident memory (VmHWM). */
  readonly peakMib: number;
}

const launcher = fileURLToPath(new URL('../../packages/cli/bin/holdfast.js', import.meta.url));
/** Loaded into the process: writes its peak down as it ends. JavaScript, because Node's own TypeScript takes 15 MiB a thread. */
const reporter = `
  import { readFileSync, writeFileSync } from 'node:fs';
  import { isMainThread } from 'node:worker_threads';
  if (isMainThread)
    process.on('exit', () => {
      const [, kibibytes] = /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
      writeFileSync(process.env.REPORT_PEAK_TO, kibibytes);
    });`;

/** Runs `holdfast` as a user would, with `home` as its home. Linux only. Throws with the command's own words unless it ends
 *  with 0. */
export function runMeasured(home: string, args: readonly string[]): MeasuredRun {
  const peakFile = `${home}/peak`;
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    HOLDFAST_PASSWORD: 'test-password',
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(reporter)}`,
    REPORT_PEAK_TO: peakFile,
  };
  const startMs = performance.now();
  const result = spawnSync(process.execPath, [launcher, ...args], {
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const seconds = (performance.now() - startMs) / 1000;
  if (result.status !== 0)
    throw new Error(
      `holdfast ${args.join(' ')} ended with ${result.status}: ${result.stderr.slice(0, 4000)}`,
    );
  return { stdout: result.stdout, seconds, peakMib: Number(readFileSync(peakFile, 'utf8')) / 1024 };
}
