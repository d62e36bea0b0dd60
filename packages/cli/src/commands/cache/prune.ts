import { cacheSettings, pruneCache, type SweepResult } from '@holdfast/repository';
import { tell } from '../../output/messages.ts';
import { bytesText, counted } from '../../output/units.ts';
import { globalOptions } from '../../program.ts';
import type { RegisterCommand } from '../index.ts';
import { keptCaching, noCache } from './connected.ts';

/** `cache prune` */
export const registerCachePrune: RegisterCommand = (group, context) => {
  const command = group
    .command('prune')
    .description('delete what is beyond the limits of `cache set`, what was used longest ago first')
    .addHelpText(
      'after',
      '\nHappens by itself as the cache grows: this is for a limit that was lowered. Other commands may be using the cache.',
    );
  command.action(async () => {
    const caching = await keptCaching(context, globalOptions(command));
    const settings = cacheSettings(caching);
    if (settings === undefined) throw noCache();
    const { contents, metadata } = await pruneCache(caching.directory, settings, context.clock);
    tell(context, pruneText('contents', contents));
    tell(context, pruneText('metadata', metadata));
  });
};

function pruneText(name: string, { bytes, removedBytes, removedCount }: SweepResult): string {
  const removed = `removed ${counted(removedCount, 'entry', 'entries')} (${bytesText(removedBytes)})`;
  return `${name}: ${removed}, ${bytesText(bytes)} stay`;
}
