import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { systemClock } from '@holdfast/repository';
import { ProcessTree } from './process-tree.ts';

/** A program to run, without a shell and without standard input. */
export interface CommandLine {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What one run of a program cost. */
export interface Cost {
  readonly wallSeconds: number;
  /** User and system time of the process and all it waited for. */
  readonly cpuSeconds: number;
  /** Highest resident memory of any single process, and of all together. */
  readonly peakRssBytes: number;
  readonly peakTreeRssBytes: number;
}

const sampleEveryMs = 10;
/** Descriptors: 3 takes what `time` says, so that 2 stays the program's own. */
const timed = 'TIMEFORMAT="%3R %3U %3S"; exec 4>&2 2>&3 3>&-; time "$@" 2>&4 4>&-';

/** Runs `command` to its end and says what it cost; throws with its last words when it fails. */
export async function measure(command: CommandLine): Promise<Cost> {
  const child = spawn('bash', ['-c', timed, 'bash', command.program, ...command.args], {
    cwd: command.cwd,
    env: { ...command.env },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const running = { done: false };
  const peaks = samplePeaks(child.pid ?? 0, running);
  const exited = once(child, 'close').finally(() => (running.done = true));
  const [stderr, times, [code]] = await Promise.all([readAll(child.stderr), readAll(child.stdio[3]), exited]);
  if (code !== 0) {
    throw new Error(`${command.program} ${command.args.join(' ')} ended with ${code}: ${stderr.slice(-500)}`);
  }
  const [wallSeconds = 0, user = 0, system = 0] = times.trim().split(' ').map(Number);
  return { wallSeconds, cpuSeconds: user + system, ...(await peaks) };
}

async function readAll(pipe: Readable | Writable | null | undefined): Promise<string> {
  return pipe instanceof Readable ? text(pipe) : '';
}

type Peaks = Pick<Cost, 'peakRssBytes' | 'peakTreeRssBytes'>;

async function samplePeaks(shell: number, running: { readonly done: boolean }): Promise<Peaks> {
  const tree = new ProcessTree(shell);
  while (!running.done) {
    tree.sample();
    await systemClock.sleep(sampleEveryMs);
  }
  return { peakRssBytes: tree.peakOfOne, peakTreeRssBytes: tree.peakOfAll };
}
