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
const reporter = new URL('report-peak.js', import.meta.url).href;

/** Runs `holdfast` as a user would, with `home` as its home and `ownEnv` beside what it always has. Linux only. Throws with the
 *  command's own words unless it ends with 0. */
export function runMeasured(
  home: string,
  args: readonly string[],
  ownEnv: Readonly<Record<string, string>> = {},
): MeasuredRun {
  const peakFile = `${home}/peak`;
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    HOLDFAST_PASSWORD: 'test-password',
    NODE_OPTIONS: `--import=${reporter}`,
    REPORT_PEAK_TO: peakFile,
    ...ownEnv,
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
