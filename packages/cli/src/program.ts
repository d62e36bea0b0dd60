import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { RegisterCommand } from './commands/index.ts';
import type { CliContext } from './context.ts';

/** The flags every command takes. */
export interface GlobalOptions {
  readonly configFile?: string;
  readonly password?: string;
  readonly progress: boolean;
}

/** The global flags as given before or after the name of `command`. */
export function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

/** The whole command line; it writes to `context` and throws CommanderError instead of ending the process. */
export function createProgram(context: CliContext, commands: readonly RegisterCommand[]): Command {
  const program = new Command('holdfast')
    .description('Encrypted, deduplicated backups in kopia-compatible repositories')
    .version(packageVersion())
    .option(
      '--config-file <path>',
      'connection file (default: KOPIA_CONFIG_PATH, then the user configuration)',
    )
    .option('--password <password>', 'repository password; HOLDFAST_PASSWORD keeps it out of process lists')
    .option('--progress', 'show progress on standard error', context.terminal.isInteractive)
    .option('--no-progress', 'show no progress')
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
      getErrHelpWidth: () => context.terminal.columns,
      getOutHelpWidth: () => context.terminal.columns,
    })
    .showHelpAfterError('(add --help for the flags)')
    .exitOverride();
  for (const register of commands) register(program, context);
  return program;
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const isVersioned = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return isVersioned ? String(manifest.version) : 'unknown';
}
