import { algorithmNames } from '@holdfast/repository';
import {
  EMPTY_POLICY,
  formatSource,
  isSameSource,
  loadPolicies,
  savePolicy,
  validatePolicy,
} from '@holdfast/uploader';
import { type Command, InvalidArgumentError } from 'commander';
import { parseArgument, usageError } from '../../errors.ts';
import { choice, durationMs, repeatable } from '../../options.ts';
import { tell } from '../../output/messages.ts';
import { globalOptions } from '../../program.ts';
import { withRepository } from '../../session/open.ts';
import type { RegisterCommand } from '../index.ts';
import { addActionFlags } from './actions.ts';
import { policyChanges, type PolicyFlagValues, SHADOW_COPY_MODES } from './changes.ts';
import { LIST_FLAGS, VALUE_FLAGS } from './flags.ts';
import { addTargetFlags, policyTargets } from './target.ts';

/** `policy set` */
export const registerPolicySet: RegisterCommand = (group, context) => {
  const command = group.command('set').description('change a policy').addHelpText('after', EXAMPLES);
  addTargetFlags(command);
  addPolicyFlags(command);
  command.action(async (targets: string[]) => {
    const isGlobal = command.opts<{ global?: boolean }>().global === true;
    const changes = policyChanges(givenFlags(command), context.cwd);
    if (changes.length === 0) throw usageError('say what to change (add --help for the flags)');
    await withRepository(context, globalOptions(command), { access: 'write' }, async ({ repository }) => {
      for (const target of await policyTargets(context, repository, { targets, isGlobal })) {
        const defined = await loadPolicies(repository);
        const before = defined.find((candidate) => isSameSource(candidate.target, target))?.policy;
        const after = parseArgument(() => {
          const changed = changes.reduce((policy, change) => change(policy), before ?? EMPTY_POLICY);
          validatePolicy(target, changed);
          return changed;
        });
        await savePolicy(repository, target, after);
        tell(context, `Set the policy of ${formatSource(target)}.`);
      }
    });
  });
};

const EXAMPLES = `
Examples:
  holdfast policy set --global --keep-daily 14 --compression zstd-fastest
  holdfast policy set ~/src --add-ignore node_modules --add-ignore '*.o'
  holdfast policy set ~/src --keep-daily inherit`;

function addPolicyFlags(command: Command): void {
  command.option(
    '--inherit <true|false>',
    'take what is not set here from more general policies; false takes nothing, nor from the defaults',
    trueOrFalse,
  );
  command.option('--no-inherit', 'the same as --inherit false');
  for (const { name, placeholder, description } of VALUE_FLAGS)
    command.option(`--${name} <${placeholder}>`, description);
  for (const { name, placeholder, what } of LIST_FLAGS) {
    repeatable(command, `--add-${name} <${placeholder}>`, `add a ${what} (can be repeated)`);
    repeatable(command, `--remove-${name} <${placeholder}>`, `remove a ${what} (can be repeated)`);
    command.option(`--clear-${name}`, `remove every ${what}`);
  }
  const compression = ['inherit', 'none', ...algorithmNames.compression];
  choice(command, '--compression <algorithm>', 'compression of files', compression);
  choice(command, '--metadata-compression <algorithm>', 'compression of directories', compression);
  choice(command, '--splitter <algorithm>', 'splitter of files', ['inherit', ...algorithmNames.splitter]);
  command.option(
    '--snapshot-interval <duration>',
    'time between scheduled snapshots, such as 6h',
    durationMs,
  );
  repeatable(
    command,
    '--snapshot-time <HH:MM,...>',
    'times of day of snapshots, or inherit (can be repeated)',
  );
  command.option(
    '--snapshot-time-crontab <expressions>',
    'cron expressions separated by semicolons, or inherit',
  );
  command.option('--manual', 'no schedule: snapshots are only taken by hand');
  addActionFlags(command);
  command.option('--parallel-upload-above-size-mib <n|inherit>', 'read larger files by several threads');
  choice(command, '--enable-volume-shadow-copy <mode>', 'for kopia on Windows', [
    ...SHADOW_COPY_MODES,
    'inherit',
  ]);
}

function trueOrFalse(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new InvalidArgumentError('It must be true or false.');
}

/** What was given on the command line, by the name of the flag. */
function givenFlags(command: Command): PolicyFlagValues {
  const given = command.options.flatMap((option): [string, unknown][] => {
    const name = option.attributeName();
    const isGiven = command.getOptionValueSource(name) === 'cli';
    return isGiven ? [[option.name().replace(/^no-/, ''), command.getOptionValue(name)]] : [];
  });
  return new Map(given);
}
