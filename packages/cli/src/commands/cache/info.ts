import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CacheLimits, cacheSettings, type CacheSettings, type Caching } from '@holdfast/repository';
import { tell } from '../../output/messages.ts';
import { sendJson, sendLines } from '../../output/send.ts';
import { bytesText, durationText } from '../../output/units.ts';
import { globalOptions } from '../../program.ts';
import type { RegisterCommand } from '../index.ts';
import { keptCaching } from './connected.ts';
import { type DirectoryUse, directoryUse } from './directory-use.ts';

interface InfoFlags {
  readonly path?: boolean;
  readonly json?: boolean;
}

/** A part of the cache. */
interface CachePart extends DirectoryUse {
  readonly name: string;
  readonly path: string;
  readonly limits: CacheLimits | undefined;
}

/** `cache info` */
export const registerCacheInfo: RegisterCommand = (group, context) => {
  const command = group
    .command('info')
    .description('show where the cache is, what it holds and how large it may become')
    .option('--path', 'only show the path')
    .option('--json', 'print JSON')
    .addHelpText('after', MEANING);
  command.action(async () => {
    const flags = command.opts<InfoFlags>();
    const caching = await keptCaching(context, globalOptions(command));
    if (flags.path === true) return await sendLines(context.stdout, [caching.directory]);
    const parts = await cacheParts(caching, cacheSettings(caching));
    if (flags.json === true) return await sendJson(context.stdout, infoJson(caching, parts));
    await sendLines(context.stdout, parts.map(partText));
    tell(context, "To adjust cache sizes use 'holdfast cache set'.");
    tell(context, "To clear caches use 'holdfast cache clear'.");
  });
};

const MEANING = `
What is in there:
  indexes     where each content lies; always kept, whatever the limits
  metadata    directories and manifests, by the pack; of repositories in object storage only
  contents    data of files that were shown or restored; of repositories in object storage only
Other directories are kopia's.`;

/** Source: kopia cli/command_cache_info.go. */
async function cacheParts(
  { directory }: Caching,
  settings: CacheSettings | undefined,
): Promise<readonly CachePart[]> {
  const limits: Readonly<Record<string, CacheLimits | undefined>> = {
    contents: settings?.contents,
    metadata: settings?.metadata,
  };
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const parts: CachePart[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!entry.isDirectory()) continue;
    const path = join(directory, entry.name);
    parts.push({ name: entry.name, path, limits: limits[entry.name], ...(await directoryUse(path)) });
  }
  return parts;
}

function partText({ path, files, bytes, limits }: CachePart): string {
  const use = `${path}: ${files} files ${bytesText(bytes)}`;
  if (limits === undefined) return use;
  const hard = limits.hardBytes > 0 ? bytesText(limits.hardBytes) : 'none';
  const age = durationText(limits.minSweepAgeMs);
  return `${use} (soft limit: ${bytesText(limits.softBytes)}, hard limit: ${hard}, min sweep age: ${age})`;
}

function infoJson({ directory }: Caching, parts: readonly CachePart[]): Parameters<typeof sendJson>[1] {
  return {
    cacheDirectory: directory,
    parts: parts.map(({ name, path, files, bytes, limits }) => ({
      name,
      path,
      files,
      bytes,
      softLimitBytes: limits?.softBytes,
      hardLimitBytes: limits?.hardBytes || undefined,
      minSweepAgeSeconds: limits && limits.minSweepAgeMs / 1000,
    })),
  };
}
