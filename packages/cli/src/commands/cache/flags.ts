import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CliContext } from '../../context.ts';
import { durationMs, wholeNumber } from '../../options.ts';
import { type CacheFlags, DEFAULT_CACHE_FLAGS } from '../../session/caching.ts';

/** Adds the flags that say where and how large a cache is. */
export function addCacheFlags(command: Command): void {
  command
    .option(
      '--cache-directory <path>',
      'where to keep indexes, contents and metadata on this machine ($KOPIA_CACHE_DIRECTORY)',
    )
    .option(
      '--content-cache-size-mb <mb>',
      'let cached data of files take this much, more while it is young; 0 for no cache at all',
      wholeNumber(),
    )
    .option(
      '--content-cache-size-limit-mb <mb>',
      'never let cached data of files take more; 0 for no such limit',
      wholeNumber(),
    )
    .option(
      '--content-min-sweep-age <duration>',
      'keep cached data that long after its use, up to the limit (10m)',
      durationMs,
    )
    .option(
      '--metadata-cache-size-mb <mb>',
      'let cached directories and manifests take this much, more while they are young; 0 for as much as data',
      wholeNumber(),
    )
    .option(
      '--metadata-cache-size-limit-mb <mb>',
      'never let cached directories and manifests take more; 0 for no such limit',
      wholeNumber(),
    )
    .option(
      '--metadata-min-sweep-age <duration>',
      'keep cached directories and manifests that long after their use, up to the limit (24h)',
      durationMs,
    )
    .option(
      '--index-min-sweep-age <duration>',
      'keep indexes that long that are not in use any more (1h)',
      durationMs,
    )
    .option(
      '--max-list-cache-duration <duration>',
      'how long kopia may go by an old listing of indexes; Holdfast asks the storage each time',
      durationMs,
    );
}

/** Has help show what a new connection gets. */
export function addCacheDefaults(command: Command): void {
  const shown: Readonly<Record<keyof typeof DEFAULT_CACHE_FLAGS, string>> = {
    contentCacheSizeMb: '5000',
    metadataCacheSizeMb: '5000',
    maxListCacheDuration: '30s',
  };
  for (const option of command.options) {
    const name = option.attributeName();
    if (isDefaulted(name)) command.setOptionValueWithSource(name, DEFAULT_CACHE_FLAGS[name], 'default');
    if (isDefaulted(name)) option.default(DEFAULT_CACHE_FLAGS[name], shown[name]);
  }
}

/** What the flags say, the directory as an absolute path; the environment comes after the command line. */
export function cacheFlags(command: Command, { env, cwd }: CliContext, fromEnvironment: boolean): CacheFlags {
  const { cacheDirectory, ...flags } = command.opts<CacheFlags>();
  const directory = cacheDirectory ?? (fromEnvironment ? env['KOPIA_CACHE_DIRECTORY'] : undefined) ?? '';
  return directory === '' ? flags : { ...flags, cacheDirectory: resolve(cwd, directory) };
}

function isDefaulted(name: string): name is keyof typeof DEFAULT_CACHE_FLAGS {
  return Object.hasOwn(DEFAULT_CACHE_FLAGS, name);
}
