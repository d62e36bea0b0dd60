import type { Command } from 'commander';
import type { CliContext } from '../../context.ts';
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
}

/** What those flags say. */
export function connectionSettings(command: Command, context: CliContext): ConnectionSettings {
  return { ...command.opts<ConnectionSettings>(), ...cacheFlags(command, context, true) };
}
