import { type Command, Option } from 'commander';
import type { CliContext } from '../../context.ts';
import { negatable } from '../../options.ts';
import { warn } from '../../output/messages.ts';
import type { ConnectionSettings } from '../../session/connect.ts';
import { addCacheDefaults, addCacheFlags, cacheFlags } from '../cache/flags.ts';

/** Adds the flags that `repository create` and `repository connect` share. */
export function addConnectionFlags(command: Command): void {
  addCacheFlags(command);
  addCacheDefaults(command);
  command
    .option('--readonly', 'never write to the repository through this connection')
    .option('--description <text>', 'description of the connection')
    .option('--override-hostname <name>', 'host name to use in snapshots')
    .option('--override-username <name>', 'user name to use in snapshots');
  negatable(
    command,
    'enable-actions',
    'let kopia run actions through this connection; Holdfast runs none',
    false,
  );
  const checks = new Option('--no-check-for-updates', 'no effect: Holdfast never looks for updates');
  command.addOption(checks).addOption(new Option('--check-for-updates').hideHelp());
}

/** What those flags say. */
export function connectionSettings(command: Command, context: CliContext): ConnectionSettings {
  const settings = command.opts<ConnectionSettings>();
  if (settings.enableActions === true)
    warn(context, 'Holdfast runs no actions; kopia does through this connection');
  return { ...settings, ...cacheFlags(command, context, true) };
}
