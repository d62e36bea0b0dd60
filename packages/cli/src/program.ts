import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { RegisterCommand } from './commands/index.ts';
import type { CliContext } from './context.ts';
import { addLoggingFlags, applyLoggingFlags, warnOfIneffective } from './logging-flags.ts';
import { negatable } from './options.ts';
import { warn } from './output/messages.ts';

/** The flags every command takes. */
export interface GlobalOptions {
  readonly configFile?: string;
  readonly password?: string;
  /** Keep the password beside the connection file. */
  readonly persistCredentials: boolean;
  readonly progress: boolean;
  /** Tell at the end what was asked of the storage. */
  readonly cost?: boolean;
  /** Commands that change snapshots maintain the repository when that is due. */
  readonly autoMaintenance: boolean;
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
    .option(
      '-p, --password <password>',
      'repository password; HOLDFAST_PASSWORD keeps it out of process lists',
    )
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
      getErrHelpWidth: () => context.terminal.columns,
      getOutHelpWidth: () => context.terminal.columns,
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for the flags)')
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  negatable(program, 'persist-credentials', 'keep the password beside the connection file', true);
  negatable(program, 'progress', 'show progress on standard error', context.terminal.isTerminal);
  negatable(program, 'auto-maintenance', 'maintain the repository after a command when that is due', true);
  program.option('--cost', COST);
  addLoggingFlags(program);
  program.hook('preAction', (_, command) => {
    applyLoggingFlags(context, command);
    warnOfIneffective(context, command);
    warnOfSecrets(context, globalOptions(command));
    const { cost, json } = command.optsWithGlobals<{ readonly cost?: boolean; readonly json?: boolean }>();
    if (cost === true) context.cost.want(json === true ? 'json' : 'text');
  });
  for (const register of commands) register(program, context);
  return program;
}

const COST =
  'tell the requests to the storage, bytes each way and cache hits: the last line on standard error, with --json {"cost":...}; ' +
  'retries and pages of listings count; a local directory is read as a bucket would be';

const EXAMPLES = `
Examples:
  holdfast snapshot create ~/documents          back up a directory; the first time also makes a repository
  holdfast snapshot list                        what there is
  holdfast snapshot restore ID /tmp/restored    get a snapshot back, or ID/sub/path only a part of it
  holdfast repository connect filesystem --path /mnt/backups`;

function warnOfSecrets(context: CliContext, { password }: GlobalOptions): void {
  if (password !== undefined)
    warn(
      context,
      'others on this machine can see --password in the list of processes: use HOLDFAST_PASSWORD',
    );
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const isVersioned = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return isVersioned ? String(manifest.version) : 'unknown';
}
