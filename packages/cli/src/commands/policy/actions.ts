import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ActionCommand } from '@holdfast/uploader';
import type { Command } from 'commander';
import { CliError, usageError } from '../../errors.ts';
import { choice, durationMs } from '../../options.ts';

/** The actions of a policy, by flag. */
export const ACTION_FLAGS = [
  { name: 'before-folder-action', field: 'actions.beforeFolder', when: 'before this folder is saved' },
  { name: 'after-folder-action', field: 'actions.afterFolder', when: 'after it' },
  {
    name: 'before-snapshot-root-action',
    field: 'actions.beforeSnapshotRoot',
    when: 'before each snapshot',
  },
  { name: 'after-snapshot-root-action', field: 'actions.afterSnapshotRoot', when: 'after it' },
] as const;

const MODES: readonly string[] = ['essential', 'optional', 'async'];

/** Adds the flags of actions. Source: kopia cli/command_policy_set_actions.go. */
export function addActionFlags(command: Command): void {
  for (const { name, when } of ACTION_FLAGS)
    command.option(
      `--${name} <command>`,
      `what kopia runs ${when}, or none (Holdfast keeps it and runs nothing)`,
    );
  command.option(
    '--action-command-timeout <duration>',
    'time these actions may take (default: 5m)',
    durationMs,
  );
  choice(
    command,
    '--action-command-mode <mode>',
    'how much these actions matter (default: essential)',
    MODES,
  );
  command.option('--persist-action-script', 'the commands are files of scripts: keep what is in them');
}

/** How the actions of one command line are kept. */
export interface ActionRules {
  readonly timeoutMs?: number;
  readonly mode?: string;
  readonly isScript: boolean;
  /** Directory that names of scripts start from. */
  readonly cwd: string;
}

/** The action that a flag says; undefined for none. Throws USAGE; INPUT_INVALID and system errors for a script that
 *  cannot be kept. */
export function actionOf(
  text: string,
  { timeoutMs = 300_000, mode = 'essential', isScript, cwd }: ActionRules,
): ActionCommand | undefined {
  if (['', 'none', 'inherit'].includes(text)) return undefined;
  const timeout = Math.floor(timeoutMs / 1000);
  if (isScript) return { script: readScript(resolve(cwd, text)), timeout, mode };
  const [path = '', ...args] = wordsOf(text);
  return { path, args, timeout, mode };
}

const LONGEST_SCRIPT = 32_000;

function readScript(file: string): string {
  const script = readFileSync(file, 'utf8');
  if (Buffer.byteLength(script) <= LONGEST_SCRIPT) return script;
  throw new CliError('INPUT_INVALID', `the script ${file} is longer than ${LONGEST_SCRIPT} bytes`);
}

/** Words between single spaces; one that has spaces itself stands in double quotes, where two of them mean one. */
function wordsOf(text: string): readonly string[] {
  if (!/^(?:"(?:[^"]|"")*"|[^" ]*)(?: (?:"(?:[^"]|"")*"|[^" ]*))*$/.test(text) || text.startsWith(' '))
    throw usageError(`this is no command: ${text}; put words with spaces in double quotes`);
  return [...text.matchAll(/(?:^| )(?:"((?:[^"]|"")*)"|([^" ]*))/g)].map(
    ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain,
  );
}
