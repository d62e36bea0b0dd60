import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CliContext } from '../../context.ts';
import { wholeNumber } from '../../options.ts';
import { type ConnectionSettings, DEFAULT_SETTINGS } from '../../session/connect.ts';

/** Adds the flags that `repository create` and `repository connect` share. */
export function addConnectionFlags(command: Command): void {
  command
    .option('--cache-directory <path>', 'directory for local copies of indexes ($KOPIA_CACHE_DIRECTORY)')
    .option(
      '--content-cache-size-mb <mb>',
      'size of the cache of contents, for kopia',
      wholeNumber(),
      DEFAULT_SETTINGS.contentCacheSizeMb,
    )
    .option(
      '--metadata-cache-size-mb <mb>',
      'size of the cache of metadata, for kopia',
      wholeNumber(),
      DEFAULT_SETTINGS.metadataCacheSizeMb,
    )
    .option('--readonly', 'never write to the repository through this connection')
    .option('--description <text>', 'description of the connection')
    .option('--override-hostname <name>', 'host name to use in snapshots')
    .option('--override-username <name>', 'user name to use in snapshots');
}

/** What those flags say. */
export function connectionSettings(command: Command, { env, cwd }: CliContext): ConnectionSettings {
  const settings = command.opts<ConnectionSettings>();
  const directory = settings.cacheDirectory ?? env['KOPIA_CACHE_DIRECTORY'] ?? '';
  return directory === '' ? settings : { ...settings, cacheDirectory: resolve(cwd, directory) };
}
