import { systemClock } from '@holdfast/repository';
import type { CliContext } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { Verbosity } from '../output/verbosity.ts';
import { CostAccount } from '../session/cost.ts';

/** What a command did to its context. */
export interface Recorded {
  code: ExitCode;
  stdout: string;
  stderr: string;
}

/** A context without a terminal that records what is written; `changes` replaces parts of it. */
export function fakeContext(changes: Partial<CliContext> = {}): { context: CliContext; recorded: Recorded } {
  const recorded: Recorded = { code: exitCode.ok, stdout: '', stderr: '' };
  const context: CliContext = {
    stdin: { async *[Symbol.asyncIterator]() {} },
    stdout: {
      write: (text) => (recorded.stdout += text),
      send: (chunk) => {
        recorded.stdout += Buffer.from(chunk).toString('utf8');
        return Promise.resolve();
      },
    },
    stderr: { write: (text) => (recorded.stderr += text) },
    env: {},
    cwd: '/',
    user: { username: 'user', hostname: 'host' },
    terminal: { isTerminal: false, columns: 80, hasColors: false, readHidden: undefined },
    clock: systemClock,
    cost: new CostAccount(),
    verbosity: new Verbosity(),
    signal: new AbortController().signal,
    setExitCode: (code) => {
      recorded.code = code;
    },
    ...changes,
  };
  return { context, recorded };
}
