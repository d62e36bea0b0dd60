import { type Clock, systemClock } from '@holdfast/repository';
import type { ExitCode } from './exit-code.ts';

/** Where a command writes text. */
export interface Output {
  write(text: string): unknown;
}

/** The terminal at standard error, where progress and prompts go. */
export interface Terminal {
  readonly isInteractive: boolean;
  readonly columns: number;
}

/** Everything a command may know of the process it runs in. */
export interface CliContext {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** Aborted by the first Ctrl-C or SIGTERM; long work stops at its next checkpoint. */
  readonly signal: AbortSignal;
  /** Sets what the process ends with when the command returns; the default is 0. */
  setExitCode(code: ExitCode): void;
}

/** The context of this process, before anything was set. */
export function processContext(signal: AbortSignal): CliContext {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    terminal: {
      isInteractive: process.stdin.isTTY && process.stderr.isTTY,
      columns: process.stderr.columns ?? 80,
    },
    clock: systemClock,
    signal,
    setExitCode: (code) => {
      process.exitCode = code;
    },
  };
}
