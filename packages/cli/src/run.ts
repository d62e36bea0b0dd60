import { CommanderError } from 'commander';
import { commands as allCommands, type RegisterCommand } from './commands/index.ts';
import type { CliContext } from './context.ts';
import { CliError, describeFailure } from './errors.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { tellCost } from './output/cost.ts';
import { tellError, tellStack } from './output/messages.ts';
import { createProgram } from './program.ts';

/** Runs one command line (`args` without node and script); every failure becomes a message and an exit code. */
export async function run(
  args: readonly string[],
  context: CliContext,
  commands: readonly RegisterCommand[] = allCommands,
): Promise<void> {
  try {
    await createProgram(context, commands).parseAsync(args, { from: 'user' });
  } catch (error) {
    context.setExitCode(reportFailure(error, context));
  }
  tellCost(context);
}

/** Tells of what ended the command; returns what the process ends with. */
export function reportFailure(error: unknown, context: CliContext): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  if (isInterruption(error, context)) {
    tellError(context, 'interrupted');
    return exitCode.interrupted;
  }
  tellError(context, describeFailure(error));
  tellStack(context, error);
  return error instanceof CliError && error.code === 'USAGE' ? exitCode.usage : exitCode.error;
}

/** Stopped by the signal, or by Ctrl-C at a question. */
function isInterruption(error: unknown, { signal }: CliContext): boolean {
  if (signal.aborted && error === signal.reason) return true;
  return error instanceof Error && error.name === 'AbortError';
}
