import { type Command, Option } from 'commander';
import type { CliContext } from './context.ts';
import { durationMs, negatable } from './options.ts';
import { warn } from './output/messages.ts';
import { LOG_LEVELS, type LogLevel } from './output/verbosity.ts';

interface LoggingFlags {
  readonly logLevel: LogLevel;
  readonly progressUpdateInterval?: number;
  readonly forceColor: boolean;
  readonly disableColor: boolean;
  readonly useKeyring: boolean;
}

const NO_EFFECT = 'no effect: Holdfast writes no log files';

/** Flags of kopia's log files that its help shows; scripts pass them. */
const SHOWN = ['log-file <path>', 'log-dir <path>'];

/** Those that it doesn't show. */
const HIDDEN = [
  'content-log-file <path>',
  'log-dir-max-files <n>',
  'log-dir-max-age <duration>',
  'log-dir-max-total-size-mb <n>',
  'content-log-dir-max-files <n>',
  'content-log-dir-max-age <duration>',
  'content-log-dir-max-total-size-mb <n>',
  'max-log-file-segment-size <bytes>',
];

const HIDDEN_SWITCHES = [
  'wait-for-log-sweep',
  'json-log-file',
  'file-log-local-tz',
  'disable-repository-log',
  'trace-storage',
];

/** Adds the flags that say what is told and how. Source of names and defaults: kopia internal/logfile/logfile.go. */
export function addLoggingFlags(program: Command): void {
  const levels = new Option('--log-level <level>', 'least important messages on standard error');
  program.addOption(levels.choices(LOG_LEVELS).default('info'));
  program.addOption(new Option('--file-log-level <level>', NO_EFFECT).choices(LOG_LEVELS));
  for (const flag of SHOWN) program.option(`--${flag}`, NO_EFFECT);
  for (const flag of HIDDEN) program.addOption(new Option(`--${flag}`, NO_EFFECT).hideHelp());
  for (const name of ['disable-file-logging', 'disable-content-log'])
    negatable(program, name, NO_EFFECT, false);
  for (const name of [...HIDDEN_SWITCHES, 'force-color', 'disable-color']) hiddenSwitch(program, name);
  negatable(
    program,
    'use-keyring',
    'no effect: passwords are kept in a file beside the connection file',
    false,
  );
  program.option(
    '--progress-update-interval <duration>',
    'how often to update progress (default: 150ms)',
    durationMs,
  );
}

/** Has this run tell what the flags of `command` say. */
export function applyLoggingFlags({ verbosity }: CliContext, command: Command): void {
  const flags = command.optsWithGlobals<LoggingFlags>();
  verbosity.level = flags.logLevel;
  verbosity.progressIntervalMs = flags.progressUpdateInterval ?? verbosity.progressIntervalMs;
  if (flags.forceColor) verbosity.colors = true;
  if (flags.disableColor) verbosity.colors = false;
}

/** Warns of flags that somebody may rely on in vain. */
export function warnOfIneffective(context: CliContext, command: Command): void {
  if (command.optsWithGlobals<LoggingFlags>().useKeyring)
    warn(
      context,
      '--use-keyring has no effect: passwords are kept in a file beside the connection file, for its owner only',
    );
}

function hiddenSwitch(program: Command, name: string): void {
  program.addOption(new Option(`--${name}`).default(false).hideHelp());
  program.addOption(new Option(`--no-${name}`).hideHelp());
}
