import { homedir, hostname, userInfo } from 'node:os';
import { type Clock, systemClock, type Writer } from '@holdfast/repository';
import type { ExitCode } from './exit-code.ts';
import { Verbosity } from './output/verbosity.ts';
import { CostAccount } from './session/cost.ts';
import { readHidden } from './session/read-hidden.ts';

/** Where a command writes text. */
export interface Output {
  write(text: string): unknown;
}

/** Where a command writes what it was asked for. */
export interface DataOutput extends Output {
  /** Resolves when more can be taken, so that output of any length needs little memory. */
  send(chunk: string | Uint8Array): Promise<void>;
}

/** The terminal at standard error, where progress and prompts go. */
export interface Terminal {
  /** Standard error is one. */
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly hasColors: boolean;
  /** Asks for a line and reads it without showing it; undefined where nobody can be asked. */
  readonly readHidden: ((prompt: string) => Promise<string>) | undefined;
}

/** Everything a command may know of the process it runs in. */
export interface CliContext {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: DataOutput;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Who uses this machine, as kopia names them. */
  readonly user: Writer;
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** What this run asks of storages; they are opened with its `environment()`. */
  readonly cost: CostAccount;
  /** What is told on standard error, as the flags say. */
  readonly verbosity: Verbosity;
  /** Aborted by the first Ctrl-C or SIGTERM; long work stops at its next checkpoint. */
  readonly signal: AbortSignal;
  /** Sets what the process ends with when the command returns; the default is 0. */
  setExitCode(code: ExitCode): void;
}

/** The context of this process, before anything was set. */
export function processContext(signal: AbortSignal): CliContext {
  return {
    stdin: process.stdin,
    stdout: dataOutput(process.stdout),
    stderr: process.stderr,
    env: { ...process.env, HOME: process.env['HOME'] ?? homedir() },
    cwd: process.cwd(),
    user: currentUser(),
    terminal: processTerminal(),
    clock: systemClock,
    cost: new CostAccount(),
    verbosity: new Verbosity(),
    signal,
    setExitCode: (code) => {
      process.exitCode = code;
    },
  };
}

function processTerminal(): Terminal {
  const { stdin, stderr } = process;
  return {
    isTerminal: stderr.isTTY,
    columns: stderr.columns ?? 80,
    hasColors: stderr.isTTY && stderr.hasColors(),
    readHidden: stdin.isTTY && stderr.isTTY ? (prompt) => readHidden(prompt, stdin, stderr) : undefined,
  };
}

function dataOutput(stream: NodeJS.WritableStream): DataOutput {
  return {
    write: (text) => stream.write(text),
    send: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(chunk, (error) => (error ? reject(error) : resolve()));
      }),
  };
}

/** Source: kopia repo/userhost.go. */
function currentUser(): Writer {
  return { username: userInfo().username, hostname: (hostname().split('.')[0] ?? '').toLowerCase() };
}
