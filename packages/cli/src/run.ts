import { CommanderError } from 'commander';
import { commands as allCommands, type RegisterCommand } from './commands/index.ts';
import type { CliContext } from './context.ts';
import { CliError, describeFailure } from './errors.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
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
}

function reportFailure(error: unknown, context: CliContext): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  if (context.signal.aborted && error === context.signal.reason) {
    context.stderr.write('holdfast: interrupted\n');
    return exitCode.interrupted;
  }
  context.stderr.write(`holdfast: ${describeFailure(error)}\n`);
  return error instanceof CliError && error.code === 'USAGE' ? exitCode.usage : exitCode.error;
}
