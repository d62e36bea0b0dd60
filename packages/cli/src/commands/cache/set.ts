import { type Caching, writeConnectionFile } from '@holdfast/repository';
import type { CliContext } from '../../context.ts';
import { usageError } from '../../errors.ts';
import { tell } from '../../output/messages.ts';
import { bytesText, durationText } from '../../output/units.ts';
import { globalOptions } from '../../program.ts';
import { type CacheFlags, changeCaching, SET_MB } from '../../session/caching.ts';
import { defaultCacheDirectory } from '../../session/connect.ts';
import type { RegisterCommand } from '../index.ts';
import { keptConnection, type KeptConnection } from './connected.ts';
import { addCacheFlags, cacheFlags } from './flags.ts';

/** `cache set` */
export const registerCacheSet: RegisterCommand = (group, context) => {
  const command = group
    .command('set')
    .description('change where the cache is and how large it may become')
    .addHelpText('after', EXAMPLES);
  addCacheFlags(command);
  command.action(async () => {
    const flags = cacheFlags(command, context, false);
    const changes = Object.values(CHANGES).flatMap((text) => text(flags) ?? []);
    if (changes.length === 0) throw usageError('no changes: pass what is to be different');
    const kept = await keptConnection(context, globalOptions(command));
    await write(context, kept, changeCaching(kept.connection.caching, flags, SET_MB));
    for (const change of changes) tell(context, change);
  });
};

const EXAMPLES = `
What the cache holds beyond a new size goes when something is added, or with \`cache prune\`. A new directory starts empty; the old one stays until
somebody removes it.

Examples:
  holdfast cache set --metadata-cache-size-mb 500
  holdfast cache set --cache-directory /var/cache/holdfast --content-cache-size-mb 20000`;

async function write(
  context: CliContext,
  { connection, connectionFile }: KeptConnection,
  caching: Caching,
): Promise<void> {
  const isPlaced = caching.contentSize === 0 || caching.directory !== '';
  const directory = isPlaced
    ? caching.directory
    : await defaultCacheDirectory(context, connectionFile, connection.storage);
  await writeConnectionFile(connectionFile, { ...connection, caching: { ...caching, directory } });
}

type ChangeText = (flags: CacheFlags) => string | undefined;

function size(name: keyof CacheFlags & `${string}Mb`, what: string): ChangeText {
  return ({ [name]: mb }) => (mb === undefined ? undefined : `changing ${what} to ${bytesText(mb * SET_MB)}`);
}

function age(name: keyof CacheFlags & `${string}${'Age' | 'Duration'}`, what: string): ChangeText {
  return ({ [name]: ms }) => (ms === undefined ? undefined : `changing ${what} to ${durationText(ms)}`);
}

/** What is said of each change. Source: kopia cli/command_cache_set.go. */
const CHANGES: Readonly<Record<keyof CacheFlags, ChangeText>> = {
  cacheDirectory: ({ cacheDirectory }) => cacheDirectory && `setting cache directory to ${cacheDirectory}`,
  contentCacheSizeMb: size('contentCacheSizeMb', 'content cache size'),
  contentCacheSizeLimitMb: size('contentCacheSizeLimitMb', 'content cache size limit'),
  metadataCacheSizeMb: size('metadataCacheSizeMb', 'metadata cache size'),
  metadataCacheSizeLimitMb: size('metadataCacheSizeLimitMb', 'metadata cache size limit'),
  maxListCacheDuration: age('maxListCacheDuration', 'list cache duration'),
  metadataMinSweepAge: age('metadataMinSweepAge', 'minimum metadata sweep age'),
  contentMinSweepAge: age('contentMinSweepAge', 'minimum content sweep age'),
  indexMinSweepAge: age('indexMinSweepAge', 'minimum index sweep age'),
};
